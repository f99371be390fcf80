import { Anchor, Stack, Text, Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { usePageTitle } from '../shared/usePageTitle';

/** Nothing is at this address. */
export function NotFound() {
  usePageTitle('Not found');
  return (
    <Stack component="main" id="main" tabIndex={-1} align="center" gap="xs" p="xl" mt="10vh">
      <Title order={1} size="h3">
        There is no such page
      </Title>
      <Text c="dimmed">The address may be mistyped, or the page has moved.</Text>
      <Anchor renderRoot={(props) => <Link to="/keys" {...props} />}>Go to the API keys</Anchor>
    </Stack>
  );
}

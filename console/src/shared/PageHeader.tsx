import { Group, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { usePageTitle } from './usePageTitle';

interface Props {
  /** Heading of the page. */
  title: string;
  /** In the window's title, when it is another text: the name in the navigation. */
  windowTitle?: string;
  /** One sentence below the heading. */
  description?: ReactNode;
  /** Buttons at the right. */
  actions?: ReactNode;
}

/** The top of a page; sets the window's title too. */
export function PageHeader({ title, windowTitle, description, actions }: Props) {
  usePageTitle(windowTitle ?? title);
  return (
    <Group justify="space-between" align="flex-start" gap="sm" wrap="wrap">
      <Stack gap={2} miw={0}>
        <Title order={1} size="h3">
          {title}
        </Title>
        {description !== undefined && (
          <Text c="dimmed" size="md">
            {description}
          </Text>
        )}
      </Stack>
      {actions !== undefined && <Group gap="xs">{actions}</Group>}
    </Group>
  );
}

import { Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';

interface Props {
  title: string;
  children?: ReactNode;
}

/** What stands where a list would be. */
export function EmptyState({ title, children }: Props) {
  return (
    <Stack className="panel" align="center" gap={4} px="md" py={48} ta="center">
      <Text fw={600}>{title}</Text>
      {children !== undefined && (
        <Text component="div" c="dimmed" maw={480}>
          {children}
        </Text>
      )}
    </Stack>
  );
}

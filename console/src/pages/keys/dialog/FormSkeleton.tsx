import { Skeleton, Stack } from '@mantine/core';

/** As high as the form. */
export function FormSkeleton() {
  return (
    <Stack gap="md" aria-hidden>
      {[0, 1, 2, 3, 4].map((index) => (
        <Skeleton key={index} height={58} radius="md" />
      ))}
    </Stack>
  );
}

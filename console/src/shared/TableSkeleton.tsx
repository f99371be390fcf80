import { Skeleton, Stack } from '@mantine/core';

/** Stands where a table comes, so that the page does not jump. */
export function TableSkeleton({ rows = 6, label }: { rows?: number; label: string }) {
  return (
    <Stack className="panel" gap={0} p="sm" role="status" aria-label={`${label}: loading`}>
      {Array.from({ length: rows }, (_, index) => (
        <Skeleton key={index} height={18} my={9} radius="sm" width={`${90 - ((index * 17) % 40)}%`} />
      ))}
    </Stack>
  );
}

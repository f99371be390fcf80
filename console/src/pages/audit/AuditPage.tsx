import { Button, Stack, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { EmptyState } from '../../shared/EmptyState';
import { ErrorNote } from '../../shared/ErrorNote';
import { PageHeader } from '../../shared/PageHeader';
import { TableSkeleton } from '../../shared/TableSkeleton';
import { plural } from '../../shared/format';
import { AuditFilters } from './AuditFilters';
import { AuditTable } from './AuditTable';
import { ExportLinks } from './ExportLinks';
import { auditQuery } from './queries';
import type { Search } from './search';

const route = getRouteApi('/shell/audit');

/** Who did what, newest first. */
export function AuditPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const audit = useInfiniteQuery(auditQuery(search));
  const change = (changes: Partial<Search>) =>
    void navigate({ search: (before) => ({ ...before, ...changes }), replace: true, resetScroll: false });
  const lines = audit.data?.pages.flatMap((page) => page.lines) ?? [];
  const filtered = Object.values(search).some((value) => value !== undefined);
  return (
    <Stack gap="md">
      <PageHeader title="Audit" description="Who did what, newest first. Never a secret." actions={<ExportLinks search={search} />} />
      <AuditFilters search={search} onChange={change} actors={[...new Set(lines.map(({ actor }) => actor))]} filtered={filtered} />
      {audit.error !== null && !audit.isFetchNextPageError && (
        <ErrorNote error={audit.error} title="The audit log could not be loaded" onRetry={() => void audit.refetch()} />
      )}
      {audit.isPending && <TableSkeleton rows={10} label="Audit" />}
      {audit.data !== undefined && lines.length === 0 && (
        <EmptyState title={filtered ? 'No line fits the filter' : 'Nothing has happened yet'}>
          {filtered && (
            <Button variant="default" size="xs" mt="xs" onClick={() => void navigate({ search: {}, replace: true })}>
              Clear filter
            </Button>
          )}
        </EmptyState>
      )}
      {lines.length > 0 && <AuditTable lines={lines} stale={audit.isPlaceholderData} />}
      {audit.isFetchNextPageError && <ErrorNote error={audit.error} onRetry={() => void audit.fetchNextPage()} />}
      {lines.length > 0 && (
        <Stack align="center" gap="xs">
          <Text c="dimmed" size="sm" role="status">
            {plural(lines.length, 'line')}
            {audit.hasNextPage ? ' shown, there are more' : ', that is all'}
          </Text>
          {audit.hasNextPage && (
            <Button variant="default" loading={audit.isFetchingNextPage} onClick={() => void audit.fetchNextPage()}>
              Load more
            </Button>
          )}
        </Stack>
      )}
    </Stack>
  );
}

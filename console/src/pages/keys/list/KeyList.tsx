import { Button, Pagination, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import { useMay } from '../../../api/session';
import type { Key } from '../../../api/types';
import { EmptyState } from '../../../shared/EmptyState';
import { ErrorNote } from '../../../shared/ErrorNote';
import { number, plural } from '../../../shared/format';
import { useWhileActive } from '../../../shared/useWhileActive';
import { DeleteDialog } from '../dialog/DeleteDialog';
import { RegenerateDialog } from '../dialog/RegenerateDialog';
import { PAGE_SIZE } from '../model';
import { keysQuery, REFRESH } from '../queries';
import { isFiltered } from '../search';
import { useKeyFacts, useKeySearch } from '../useKeys';
import { KeyCards } from './KeyCard';
import classes from './KeyList.module.css';
import { KeyTable } from './KeyTable';
import { ListSkeleton } from './ListSkeleton';
import type { RowProps } from './row';
import { useView } from './view';

/** The keys: a page of cards or a table (K-12). */
export function KeyList() {
  const { search, change, dialog } = useKeySearch();
  const query = useQuery({ ...keysQuery(search), refetchInterval: useWhileActive(REFRESH) });
  const facts = useKeyFacts();
  const mayManage = useMay('manager');
  const [view] = useView();
  const [deleting, setDeleting] = useState<Key | null>(null);
  const [regenerating, setRegenerating] = useState<Key | null>(null);

  const total = query.data?.total ?? 0;
  const pages = Math.max(1, Math.ceil(total / PAGE_SIZE));
  const page = search.page ?? 1;
  // The last key of the last page was deleted, or the address is old.
  const isBeyond = query.data !== undefined && !query.isPlaceholderData && page > pages;
  useEffect(() => {
    if (isBeyond) change({ page: pages === 1 ? undefined : pages }, { replace: true });
  }, [isBeyond, pages, change]);

  const keys = query.data?.keys;
  const reveal = facts.environment?.reveal ?? true;
  // The same object while nothing in it changes, so that cards are not drawn again with every refresh.
  const rows = useMemo<RowProps>(
    () => ({
      keys: keys ?? [],
      today: facts.today,
      roles: facts.roles,
      reveal,
      mayManage,
      onEdit: (key) => dialog({ edit: key.id }),
      onRegenerate: setRegenerating,
      onDelete: setDeleting,
    }),
    [keys, facts.today, facts.roles, reveal, mayManage, dialog],
  );

  if (query.data === undefined) {
    if (query.error !== null) {
      return <ErrorNote error={query.error} title="The keys could not be loaded" onRetry={() => void query.refetch()} />;
    }
    return <ListSkeleton view={view} />;
  }
  return (
    <section aria-label="Keys" aria-busy={query.isPlaceholderData} className={classes.list} data-stale={query.isPlaceholderData || undefined}>
      {query.error !== null && (
        <ErrorNote error={query.error} title="The list may be out of date" onRetry={() => void query.refetch()} />
      )}
      {rows.keys.length === 0 && !isBeyond && <Nothing filtered={isFiltered(search)} />}
      {rows.keys.length > 0 && (view === 'table' ? <KeyTable {...rows} /> : <KeyCards {...rows} />)}
      {total > 0 && (
        <div className={classes.foot}>
          <Text c="dimmed" size="sm" role="status">
            {pages === 1
              ? plural(total, 'key')
              : `${number((page - 1) * PAGE_SIZE + 1)} to ${number(Math.min(page * PAGE_SIZE, total))} of ${number(total)} keys`}
          </Text>
          {pages > 1 && (
            <Pagination
              total={pages}
              value={Math.min(page, pages)}
              onChange={(value) => {
                change({ page: value === 1 ? undefined : value });
                window.scrollTo({ top: 0 });
              }}
              size="sm"
              siblings={1}
              getControlProps={(control) => ({ 'aria-label': control === 'next' ? 'Next page' : 'Previous page' })}
              getItemProps={(item) => ({ 'aria-label': `Page ${item}` })}
            />
          )}
        </div>
      )}
      <DeleteDialog target={deleting} onClose={() => setDeleting(null)} />
      <RegenerateDialog target={regenerating} reveal={reveal} onClose={() => setRegenerating(null)} />
    </section>
  );
}

/** No key at all, or none that the filter lets through. */
function Nothing({ filtered }: { filtered: boolean }) {
  const { change } = useKeySearch();
  const mayManage = useMay('manager');
  if (!filtered) {
    return (
      <EmptyState title="Nothing to show here">
        {mayManage ? 'Programs need an API key to use the endpoint. Make the first one with New API key.' : 'There is no API key yet.'}
      </EmptyState>
    );
  }
  return (
    <EmptyState title="No key matches">
      <p className={classes.hint}>No key fits the search and the filter.</p>
      <Button
        variant="default"
        size="xs"
        onClick={() => change({ q: undefined, state: undefined, type: undefined, role: undefined })}
      >
        Clear search and filter
      </Button>
    </EmptyState>
  );
}

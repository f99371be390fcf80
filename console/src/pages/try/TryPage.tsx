import { Stack, Tabs } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { EmptyState } from '../../shared/EmptyState';
import { ErrorNote } from '../../shared/ErrorNote';
import { KeyPicker } from '../../shared/KeyPicker';
import { PageHeader } from '../../shared/PageHeader';
import { TableSkeleton } from '../../shared/TableSkeleton';
import { BuildTab } from './BuildTab';
import classes from './TryPage.module.css';
import { documentQuery } from './queries';
import { Reference } from './reference/Reference';
import type { Search } from './search';

const route = getRouteApi('/shell/try');

/** Build a request, run it as a key, take it along; and read what the key can reach. */
export function TryPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const key = search.key ?? null;
  const document = useQuery(documentQuery(key));
  const change = (changes: Search) => void navigate({ search: (before) => ({ ...before, ...changes }), resetScroll: false });
  const failed = document.error !== null && document.data === undefined && (
    <ErrorNote error={document.error} title="What this key can reach could not be loaded" onRetry={() => void document.refetch()} />
  );
  return (
    <Stack gap="md">
      <PageHeader title="Try it" description="Requests as a key would send them, with the rights of that key." />
      <KeyPicker label="Key" value={key} onChange={(id) => change({ key: id ?? undefined })} className={classes.key} />
      <Tabs value={search.tab ?? 'build'} onChange={(tab) => change({ tab: tab === 'reference' ? 'reference' : undefined })}>
        <Tabs.List mb="md">
          <Tabs.Tab value="build">Request</Tabs.Tab>
          <Tabs.Tab value="reference">Reference</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="build">
          <Stack gap="md">
            {failed}
            <BuildTab keyId={key} document={document.data} asked={search} />
          </Stack>
        </Tabs.Panel>
        <Tabs.Panel value="reference" keepMounted={false}>
          {failed}
          {key === null && <EmptyState title="No key chosen">The reference tells what the chosen key can reach, and nothing else.</EmptyState>}
          {key !== null && document.isPending && <TableSkeleton label="Reference" />}
          {document.data !== undefined && <Reference document={document.data} />}
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}

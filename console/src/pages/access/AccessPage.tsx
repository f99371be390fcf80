import { Stack, Tabs } from '@mantine/core';
import { getRouteApi, useLocation } from '@tanstack/react-router';
import { PageHeader } from '../../shared/PageHeader';
import { CheckTab } from './CheckTab';
import { RefusedTab } from './RefusedTab';
import type { Search } from './search';

const route = getRouteApi('/shell/access');

/** Would this request be allowed, and why was that one refused. */
export function AccessPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const body = useLocation({ select: ({ state }) => state.body });
  const go = (next: Search, asked: string | undefined) => void navigate({ search: next, state: { body: asked }, resetScroll: false });
  const tab = search.tab ?? (search.id === undefined ? 'check' : 'refused');
  return (
    <Stack gap="md">
      <PageHeader title="Access check" description="Ask the same rules that every request meets. Nothing is run, nothing is changed." />
      <Tabs value={tab} onChange={(value) => go({ ...search, tab: value === 'refused' ? 'refused' : 'check' }, body)} keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="check">Check a request</Tabs.Tab>
          <Tabs.Tab value="refused">Why was it refused?</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="check">
          <CheckTab search={search} body={body} onAsk={go} />
        </Tabs.Panel>
        <Tabs.Panel value="refused">
          <RefusedTab id={search.id} onShow={(id) => go({ ...search, tab: 'refused', id }, body)} />
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}

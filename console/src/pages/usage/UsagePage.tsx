import { SegmentedControl, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { EmptyState } from '../../shared/EmptyState';
import { ErrorNote } from '../../shared/ErrorNote';
import { KeyPicker } from '../../shared/KeyPicker';
import { PageHeader } from '../../shared/PageHeader';
import { useWhileActive } from '../../shared/useWhileActive';
import { Charts } from './Charts';
import { Lists } from './Lists';
import { Totals } from './Totals';
import classes from './UsagePage.module.css';
import { usageQuery } from './queries';
import { PERIOD_NAMES, PERIODS, type Search } from './search';

const route = getRouteApi('/shell/usage');

/** How much the endpoint is used: by all, or with one key. */
export function UsagePage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const period = search.period ?? 'hour';
  const usage = useQuery({ ...usageQuery(period, search.key), refetchInterval: useWhileActive(15_000) });
  const change = (changes: Search) => void navigate({ search: (before) => ({ ...before, ...changes }), resetScroll: false });
  const shown = usage.data;
  const idle = shown !== undefined && shown.totals.requests === 0;
  return (
    <Stack gap="md">
      <PageHeader title="Usage" description="Requests under /rest/, counted as they are answered. Refreshed every 15 seconds." />
      <div className={classes.tools}>
        <KeyPicker label="Key" placeholder="All keys" value={search.key ?? null} onChange={(key) => change({ key: key ?? undefined })} className={classes.key} />
        <SegmentedControl
          aria-label="Period"
          data={PERIODS.map((value) => ({ value, label: PERIOD_NAMES[value] }))}
          value={period}
          onChange={(value) => change({ period: PERIODS.find((known) => known === value && known !== 'hour') })}
        />
      </div>
      {usage.error !== null && (
        <ErrorNote
          error={usage.error}
          title={shown === undefined ? 'The numbers could not be loaded' : 'The numbers could not be refreshed'}
          onRetry={() => void usage.refetch()}
        />
      )}
      {(shown !== undefined || usage.isPending) && <Totals totals={shown?.totals} />}
      {idle && (
        <EmptyState title="No requests in this time">
          {search.key === undefined ? 'Numbers appear here as soon as somebody uses the endpoint.' : 'This key was not used. Choose a longer time or another key.'}
        </EmptyState>
      )}
      {!idle && (shown !== undefined || usage.isPending) && <Charts usage={shown} />}
      {shown !== undefined && !idle && <Lists usage={shown} ofKey={search.key} />}
    </Stack>
  );
}

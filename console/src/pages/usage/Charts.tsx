import { Button, Group, Skeleton, Title } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import { bytes, number } from '../../shared/format';
import { PointTable, type Series } from './PointTable';
import classes from './UsagePage.module.css';
import { duration } from './format';
import type { Usage } from './queries';

// The library that draws is large, and only this page needs it.
const Plot = lazy(() => import('./charts/Plot'));

const CHARTS: readonly { title: string; kind: 'requests' | 'latency' | 'bytes'; series: readonly Series[] }[] = [
  {
    title: 'Requests',
    kind: 'requests',
    series: [
      { name: 'Let through', color: 'accent.6', value: ({ requests, refused }) => requests - refused, text: number },
      { name: 'Refused', color: 'red.7', value: ({ refused }) => refused, text: number },
    ],
  },
  {
    title: 'Time to answer',
    kind: 'latency',
    series: [
      { name: 'Median', color: 'accent.6', value: ({ p50Us }) => p50Us, text: duration },
      { name: '99 of 100 within', color: 'orange.7', value: ({ p99Us }) => p99Us, text: duration },
    ],
  },
  { title: 'Data sent', kind: 'bytes', series: [{ name: 'Sent', color: 'teal.7', value: (point) => point.bytes, text: bytes }] },
];

/** Three charts over time; undefined while the numbers are not known. */
export function Charts({ usage }: { usage: Usage | undefined }) {
  return (
    <div className={classes.charts}>
      {CHARTS.map((chart) => (
        <Chart key={chart.kind} {...chart} usage={usage} />
      ))}
    </div>
  );
}

interface ChartProps {
  title: string;
  kind: 'requests' | 'latency' | 'bytes';
  series: readonly Series[];
  usage: Usage | undefined;
}

function Chart({ title, kind, series, usage }: ChartProps) {
  const [table, setTable] = useState(false);
  const waiting = <Skeleton className={classes.plot} radius="sm" />;
  return (
    <section className={`panel ${classes.chart}`} aria-label={title}>
      <Group justify="space-between" wrap="nowrap">
        <Title order={2} size="h5">
          {title}
        </Title>
        <Button size="compact-sm" variant="subtle" color="gray" aria-label={`${title}: ${table ? 'show as chart' : 'show as table'}`} onClick={() => setTable(!table)}>
          {table ? 'Show as chart' : 'Show as table'}
        </Button>
      </Group>
      {usage === undefined && waiting}
      {usage !== undefined && table && <PointTable title={title} series={series} usage={usage} />}
      {usage !== undefined && !table && (
        <Suspense fallback={waiting}>
          <Plot title={title} kind={kind} series={series} usage={usage} />
        </Suspense>
      )}
    </section>
  );
}

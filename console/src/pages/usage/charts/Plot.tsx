import '@mantine/charts/styles.css';
import { AreaChart, BarChart, LineChart } from '@mantine/charts';
import type { Series } from '../PointTable';
import classes from '../UsagePage.module.css';
import { pointLabel } from '../format';
import type { Usage } from '../queries';

interface Props {
  title: string;
  kind: 'requests' | 'latency' | 'bytes';
  series: readonly Series[];
  usage: Usage;
}

/** Nothing moves when the numbers are refreshed. */
const STILL = { isAnimationActive: false };
/** The picture has a name and a table beside it; its parts are no stops for the keyboard. */
const PICTURE = { accessibilityLayer: false };

/** Small, but a single point between two gaps must be seen. */
const DOT = { r: 1.5, strokeWidth: 1 };

/** A chart over time. */
export default function Plot({ title, kind, series, usage }: Props) {
  const data = usage.points.map((point) => ({
    at: pointLabel(point.at, usage.period),
    ...Object.fromEntries(series.map(({ name, value }) => [name, value(point)])),
  }));
  const text = series[0]?.text ?? String;
  const common = {
    h: '100%',
    data,
    dataKey: 'at',
    series: series.map(({ name, color }) => ({ name, color })),
    withLegend: series.length > 1,
    legendProps: { verticalAlign: 'top' as const, height: 32 },
    valueFormatter: (value: number) => text(value),
    gridAxis: 'x' as const,
    tickLine: 'none' as const,
    xAxisProps: { minTickGap: 40 },
    yAxisProps: { width: 64, allowDecimals: kind !== 'requests' },
    tooltipAnimationDuration: 0,
  };
  return (
    <div className={classes.plot} role="img" aria-label={summary(title, series, usage)}>
      {kind === 'requests' && <BarChart {...common} type="stacked" barProps={STILL} barChartProps={PICTURE} maxBarWidth={28} />}
      {kind === 'latency' && <LineChart {...common} lineProps={STILL} lineChartProps={PICTURE} curveType="monotone" dotProps={DOT} strokeWidth={1.5} connectNulls={false} />}
      {kind === 'bytes' && <AreaChart {...common} areaProps={STILL} areaChartProps={PICTURE} curveType="monotone" withDots={false} strokeWidth={1.5} withGradient={false} fillOpacity={0.18} />}
    </div>
  );
}

/** What the picture shows, in a sentence. */
function summary(title: string, series: readonly Series[], usage: Usage): string {
  const first = usage.points[0];
  const last = usage.points.at(-1);
  if (first === undefined || last === undefined) return title;
  const highest = series.map(({ name, value, text }) => {
    const known = usage.points.map(value).filter((one) => one !== null);
    return known.length === 0 ? `${name}: nothing` : `${name}: at most ${text(Math.max(...known))}`;
  });
  return `${title} from ${pointLabel(first.at, usage.period)} to ${pointLabel(last.at, usage.period)}. ${highest.join(', ')}.`;
}

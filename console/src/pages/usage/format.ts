import type { Period } from './search';

const minute = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', timeZone: 'UTC' });

/** The beginning of a point, as short as its period allows. Days begin at midnight UTC. */
export function pointLabel(at: string, period: Period): string {
  return (period === 'month' ? day : minute).format(new Date(at));
}

/** `0.4 ms`, `12 ms`, `1.2 s`. */
export function duration(microseconds: number | null): string {
  if (microseconds === null) return '–';
  const ms = microseconds / 1000;
  if (ms >= 1000) return `${(ms / 1000).toLocaleString(undefined, { maximumFractionDigits: 1 })} s`;
  return `${ms.toLocaleString(undefined, { maximumFractionDigits: ms < 10 ? 2 : 0 })} ms`;
}

/** `3.2 %`; as exact as it is small. */
export function share(part: number, whole: number): string {
  if (whole === 0) return '0 %';
  return `${((part / whole) * 100).toLocaleString(undefined, { maximumFractionDigits: 1 })} %`;
}

import { oneOf, text, type RawSearch } from '../../shared/search';

export const PERIODS = ['hour', 'day', 'month'] as const;
export type Period = (typeof PERIODS)[number];
export const PERIOD_NAMES: Record<Period, string> = { hour: 'Last hour', day: 'Last 24 hours', month: 'Last 30 days' };

/** State of the page that belongs into its address. All members are optional, so that a link may leave them out. */
export interface Search {
  period?: Period | undefined;
  key?: string | undefined;
}

export function parse(raw: RawSearch): Search {
  return { period: oneOf(raw, 'period', PERIODS), key: text(raw, 'key') };
}

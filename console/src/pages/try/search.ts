import { oneOf, text, type RawSearch } from '../../shared/search';

export const TABS = ['build', 'reference'] as const;
export type Tab = (typeof TABS)[number];

/** State of the page that belongs into its address. All members are optional, so that a link may leave them out. */
export interface Search {
  key?: string | undefined;
  tab?: Tab | undefined;
  /** A request to begin with, as another page hands it over. */
  method?: string | undefined;
  path?: string | undefined;
}

export function parse(raw: RawSearch): Search {
  return { key: text(raw, 'key'), tab: oneOf(raw, 'tab', TABS), method: text(raw, 'method'), path: text(raw, 'path') };
}

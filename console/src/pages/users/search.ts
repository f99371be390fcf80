import { text, type RawSearch } from '../../shared/search';

/** State of the page that belongs into its address. All members are optional, so that a link may leave them out. */
export interface Search {
  q?: string | undefined;
}

export function parse(raw: RawSearch): Search {
  return { q: text(raw, 'q') };
}

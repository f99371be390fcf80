import { text, type RawSearch } from '../../shared/search';

export interface Search {
  /** Where the person wanted to go: a path inside the console, nothing else. */
  to?: string | undefined;
  /** Who signed in in another tab, in the place of the person who worked in this one. */
  other?: string | undefined;
}

export function parse(raw: RawSearch): Search {
  const to = text(raw, 'to');
  return { other: text(raw, 'other'), to: to !== undefined && /^\/[a-z-]+(\?|$)/.test(to) ? to : undefined };
}

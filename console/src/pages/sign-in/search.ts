import { flag, text, type RawSearch } from '../../shared/search';

export interface Search {
  /** Where the person wanted to go: a path inside the console, nothing else. */
  to?: string | undefined;
  /** Another person signed in in another tab, in the place of the one who worked in this one. */
  other?: true | undefined;
}

export function parse(raw: RawSearch): Search {
  const to = text(raw, 'to');
  return { other: flag(raw, 'other'), to: to !== undefined && /^\/[a-z-]+(\?|$)/.test(to) ? to : undefined };
}

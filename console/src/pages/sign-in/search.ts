import { text, type RawSearch } from '../../shared/search';

/** Where the person wanted to go: a path inside the console, nothing else. */
export function parse(raw: RawSearch): { to?: string | undefined } {
  const to = text(raw, 'to');
  return { to: to !== undefined && /^\/[a-z-]+(\?|$)/.test(to) ? to : undefined };
}

import { text, type RawSearch } from '../../shared/search';

/** State of the page that belongs into its address. All members are optional, so that a link may leave them out. */
export interface Search {
  /** Part of actor, address, action, key ID or the name of a field. */
  q?: string | undefined;
  actor?: string | undefined;
  action?: string | undefined;
  key?: string | undefined;
  /** Days, UTC. */
  from?: string | undefined;
  to?: string | undefined;
}

export function parse(raw: RawSearch): Search {
  return {
    q: text(raw, 'q'),
    actor: text(raw, 'actor'),
    action: text(raw, 'action'),
    key: text(raw, 'key'),
    from: day(raw, 'from'),
    to: day(raw, 'to'),
  };
}

function day(raw: RawSearch, name: string): string | undefined {
  const value = text(raw, name);
  return value !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(value) ? value : undefined;
}

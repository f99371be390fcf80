import { count, flag, oneOf, text, type RawSearch } from '../../shared/search';
import { ORDERS, SORTS, STATES, TYPES, type KeySort, type KeyState, type KeyType, type Order } from './model';

/** State of the page that belongs into its address. All members are optional, so that a link may leave them out. */
export interface Search {
  /** Part of description, ID or role. */
  q?: string | undefined;
  state?: KeyState | undefined;
  type?: KeyType | undefined;
  role?: string | undefined;
  sort?: KeySort | undefined;
  order?: Order | undefined;
  page?: number | undefined;
  /** The dialog for a new key is open. */
  new?: true | undefined;
  /** The dialog for this key is open. */
  edit?: string | undefined;
}

export function parse(raw: RawSearch): Search {
  return {
    q: text(raw, 'q'),
    state: oneOf(raw, 'state', STATES),
    type: oneOf(raw, 'type', TYPES),
    role: text(raw, 'role'),
    sort: oneOf(raw, 'sort', SORTS),
    order: oneOf(raw, 'order', ORDERS),
    page: count(raw, 'page'),
    new: flag(raw, 'new'),
    edit: text(raw, 'edit'),
  };
}

/** True when the list shows a part of the keys only. */
export function isFiltered({ q, state, type, role }: Search): boolean {
  return [q, state, type, role].some((value) => value !== undefined);
}

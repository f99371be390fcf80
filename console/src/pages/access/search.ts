import { oneOf, text, type RawSearch } from '../../shared/search';

export const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD'] as const;
export type Method = (typeof METHODS)[number];
export const TABS = ['check', 'refused'] as const;
export type Tab = (typeof TABS)[number];

/** State of the page that belongs into its address: the question, so that a link asks it again. A request's body is data and
 *  may be long: it stays in the state of the history entry. */
export interface Search {
  tab?: Tab | undefined;
  key?: string | undefined;
  role?: string | undefined;
  method?: Method | undefined;
  path?: string | undefined;
  from?: string | undefined;
  at?: string | undefined;
  /** The `x-request-id` of a refused request. */
  id?: string | undefined;
}

export function parse(raw: RawSearch): Search {
  return {
    tab: oneOf(raw, 'tab', TABS),
    key: text(raw, 'key'),
    role: text(raw, 'role'),
    method: oneOf(raw, 'method', METHODS),
    path: text(raw, 'path'),
    from: text(raw, 'from'),
    at: text(raw, 'at'),
    id: text(raw, 'id'),
  };
}

declare module '@tanstack/react-router' {
  interface HistoryState {
    /** The body of the request that is checked. */
    body?: string | undefined;
  }
}

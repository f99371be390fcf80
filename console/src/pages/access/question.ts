import type { components } from '../../api/schema';
import type { Method, Search } from './search';

export type ExplainQuestion = components['schemas']['ExplainQuestion'];

/** The form as it is typed. */
export interface Draft {
  subject: 'key' | 'role';
  key: string | null;
  role: string | null;
  method: Method;
  path: string;
  from: string;
  /** As `datetime-local` has it, in the person's zone. */
  at: string;
  body: string;
}

export type Problems = Partial<Record<'key' | 'role' | 'path' | 'from' | 'at' | 'method' | 'body', string | undefined>>;

/** The form that an address asks for, with the body kept beside it. */
export function draftOf(search: Search, body: string | undefined): Draft {
  return {
    subject: search.role !== undefined && search.key === undefined ? 'role' : 'key',
    key: search.key ?? null,
    role: search.role ?? null,
    method: search.method ?? 'GET',
    path: search.path ?? '/rest/',
    from: search.from ?? '',
    at: search.at === undefined ? '' : localTime(search.at),
    body: body ?? '',
  };
}

/** The address of a form. */
export function searchOf(draft: Draft): Search {
  return {
    key: draft.subject === 'key' ? (draft.key ?? undefined) : undefined,
    role: draft.subject === 'role' ? (draft.role ?? undefined) : undefined,
    method: draft.method === 'GET' ? undefined : draft.method,
    path: draft.path.trim(),
    from: draft.from.trim() || undefined,
    at: draft.at === '' ? undefined : new Date(draft.at).toISOString(),
  };
}

/** The body that goes with a form. */
export function bodyOf({ body, method }: Draft): string | undefined {
  return body === '' || method === 'GET' || method === 'HEAD' ? undefined : body;
}

/** What is missing before the server is asked. */
export function problemsOf(draft: Draft): Problems {
  return {
    key: draft.subject === 'key' && draft.key === null ? 'Choose a key.' : undefined,
    role: draft.subject === 'role' && draft.role === null ? 'Choose a role.' : undefined,
    path: draft.path.trim().startsWith('/rest') ? undefined : 'The path begins with /rest/.',
  };
}

/** The question of an address; null when it asks none. */
export function questionOf({ key, role, method, path, from, at }: Search, body: string | undefined): ExplainQuestion | null {
  if ((key === undefined && role === undefined) || path === undefined) return null;
  return {
    ...(key === undefined ? { role } : { key }),
    method: method ?? 'GET',
    path,
    ...(from !== undefined && { from }),
    ...(at !== undefined && { at }),
    ...(body !== undefined && { body }),
  };
}

/** `2026-05-31T12:00` in the person's zone, from an instant or a day. */
function localTime(at: string): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return '';
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

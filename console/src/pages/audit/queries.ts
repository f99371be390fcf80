import { infiniteQueryOptions, keepPreviousData } from '@tanstack/react-query';
import { api } from '../../api/client';
import { API_BASE } from '../../api/base';
import type { components } from '../../api/schema';
import type { Search } from './search';

export type AuditLine = components['schemas']['AuditLine'];

/** Lines asked for at a time. */
const PAGE = 100;

/** The filter as the API names it. */
function filterOf({ q, actor, action, key, from, to }: Search): Record<string, string> {
  const named = { q, actor, action, keyId: key, from, to };
  return Object.fromEntries(Object.entries(named).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

export function auditQuery(search: Search) {
  const filter = filterOf(search);
  return infiniteQueryOptions({
    queryKey: ['audit', filter],
    queryFn: async ({ signal, pageParam }) => {
      const query = { ...filter, limit: PAGE, ...(pageParam !== null && { before: pageParam }) };
      const { data = [], response } = await api.GET('/console/api/audit', { params: { query }, signal });
      const next = response.headers.get('x-next-before');
      return { lines: data, next: next === null ? null : Number(next) };
    },
    initialPageParam: null as number | null,
    getNextPageParam: ({ next }) => next,
    placeholderData: keepPreviousData,
  });
}

/** Where the lines of the filter can be had as a file. */
export function exportUrl(search: Search, format: 'csv' | 'jsonl'): string {
  return `${API_BASE}/console/api/audit/export?${new URLSearchParams({ ...filterOf(search), format }).toString()}`;
}

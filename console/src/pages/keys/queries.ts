import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api, data } from '../../api/client';
import { queryClient } from '../../api/queries';
import type { Key } from '../../api/types';
import { PAGE_SIZE } from './model';
import type { Search } from './search';

/** One page of keys, and how many the filter lets through. */
interface KeyPage {
  keys: Key[];
  total: number;
}

/** So often the list looks for keys that were used or changed elsewhere. */
export const REFRESH = 20_000;

/** The part of the address that the list depends on. */
function listed({ q, state, type, role, sort, order, page }: Search) {
  return { q, state, type, role, sort, order, page: page ?? 1 };
}

export function keysQuery(search: Search) {
  const { page, ...filter } = listed(search);
  return queryOptions({
    queryKey: ['keys', 'list', { ...filter, page }],
    queryFn: async ({ signal }): Promise<KeyPage> => {
      const query = { ...defined(filter), limit: PAGE_SIZE, skip: (page - 1) * PAGE_SIZE };
      const answer = await api.GET('/console/api/keys', { params: { query }, signal });
      const keys = answer.data ?? [];
      return { keys, total: Number(answer.response.headers.get('x-total-count') ?? keys.length) };
    },
    placeholderData: keepPreviousData,
  });
}

/** How many keys there are in each state. */
export const countsQuery = queryOptions({
  queryKey: ['keys', 'counts'],
  queryFn: ({ signal }) => data(api.GET('/console/api/keys/summary', { signal })),
});

/** One key; what the list knows already is shown at once. */
export function keyQuery(id: string) {
  return queryOptions({
    queryKey: ['keys', 'one', id],
    queryFn: ({ signal }) => data(api.GET('/console/api/keys/{id}', { params: { path: { id } }, signal })),
    initialData: () => inList(id),
    staleTime: Infinity,
    gcTime: 0,
  });
}

function inList(id: string): Key | undefined {
  const pages = queryClient.getQueriesData<KeyPage>({ queryKey: ['keys', 'list'] });
  return pages.flatMap(([, page]) => page?.keys ?? []).find((key) => key.id === id);
}

/** After a change: the list and the numbers are asked for anew. Waits until the list shown is current. */
export async function refreshKeys(): Promise<void> {
  await queryClient.invalidateQueries({ queryKey: ['keys'], predicate: (query) => query.queryKey[1] !== 'one' });
}

function defined<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
}

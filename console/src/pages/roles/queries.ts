import { queryOptions } from '@tanstack/react-query';
import { api, data } from '../../api/client';
import type { components } from '../../api/schema';

export type Resolved = components['schemas']['Resolved'];
export type Decision = components['schemas']['Decision'];
export type Finding = components['schemas']['Finding'];

/** What a role may do, cell by cell; null: an Administration key. */
export function resolvedQuery(role: string | null) {
  return queryOptions({
    queryKey: ['resolved', role],
    queryFn: ({ signal }) =>
      role === null
        ? data(api.GET('/console/api/administration/resolved', { signal }))
        : data(api.GET('/console/api/roles/{name}/resolved', { params: { path: { name: role } }, signal })),
    staleTime: 60_000,
  });
}

/** Warnings about the file in force. */
export const findingsQuery = queryOptions({
  queryKey: ['findings'],
  queryFn: async ({ signal }) => (await data(api.GET('/console/api/roles/findings', { signal }))).warnings,
});

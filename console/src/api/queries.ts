import { QueryClient, queryOptions } from '@tanstack/react-query';
import { api, data } from './client';
import { isActive } from '../shared/useWhileActive';
import { ApiProblem } from './problem';

/** What was fetched. Secrets never come here: they are kept in the state of the component that shows them. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      // The server's own refusals stay what they are; only a missing answer is tried once more.
      retry: (count, error) => count < 1 && ApiProblem.from(error).status === 0,
      retryDelay: 500,
      // A connection that comes and goes must not keep alive the session of somebody who is away.
      refetchOnReconnect: () => isActive(),
    },
    mutations: { retry: false },
  },
});

export const environmentQuery = queryOptions({
  queryKey: ['environment'],
  queryFn: ({ signal }) => data(api.GET('/console/api/environment', { signal })),
  staleTime: 300_000,
});

export const endpointQuery = queryOptions({
  queryKey: ['endpoint'],
  queryFn: ({ signal }) => data(api.GET('/console/api/endpoint', { signal })),
  staleTime: 300_000,
});

/** Names of the declared roles. */
export const rolesQuery = queryOptions({
  queryKey: ['roles'],
  queryFn: ({ signal }) => data(api.GET('/console/api/roles', { signal })),
});

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

import { QueryClient, queryOptions } from '@tanstack/react-query';
import { api, data } from './client';
import { ApiProblem } from './problem';

/** What was fetched. Secrets never come here: they are kept in the state of the component that shows them. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      // The server's own refusals stay what they are; only a missing answer is tried once more.
      retry: (count, error) => count < 1 && ApiProblem.from(error).status === 0,
      retryDelay: 500,
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

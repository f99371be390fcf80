import { queryOptions } from '@tanstack/react-query';
import { api, data } from '../../api/client';
import type { components } from '../../api/schema';
import type { ExplainQuestion } from './question';

export type Explanation = components['schemas']['Explanation'];
export type Refusal = components['schemas']['Refusal'];

/** Asking changes nothing, so it is a query, although it is a POST. */
export function explainQuery(question: ExplainQuestion | null) {
  return queryOptions({
    queryKey: ['explain', question],
    queryFn: ({ signal }) => data(api.POST('/console/api/explain', { body: question ?? { method: '', path: '' }, signal })),
    enabled: question !== null,
    // An answer holds for the moment of asking.
    staleTime: 0,
    refetchOnWindowFocus: false,
    retry: false,
  });
}

export const refusalsQuery = queryOptions({
  queryKey: ['refusals'],
  queryFn: ({ signal }) => data(api.GET('/console/api/refusals', { params: { query: { limit: 50 } }, signal })),
});

export function refusalQuery(requestId: string | undefined) {
  return queryOptions({
    queryKey: ['refusals', requestId],
    queryFn: ({ signal }) => data(api.GET('/console/api/refusals/{requestId}', { params: { path: { requestId: requestId ?? '' } }, signal })),
    enabled: requestId !== undefined,
    staleTime: 60_000,
  });
}

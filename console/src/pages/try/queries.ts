import { queryOptions } from '@tanstack/react-query';
import { api, data } from '../../api/client';
import type { components } from '../../api/schema';
import type { OpenApi } from './document';

export type TryAnswer = components['schemas']['TryAnswer'];

/** What a key can reach, as an OpenAPI document. */
export function documentQuery(key: string | null) {
  return queryOptions({
    queryKey: ['document', key],
    queryFn: async ({ signal }) => {
      const document: unknown = await data(api.GET('/console/api/keys/{id}/openapi', { params: { path: { id: key ?? '' } }, signal }));
      return document as OpenApi;
    },
    enabled: key !== null,
    staleTime: 60_000,
  });
}

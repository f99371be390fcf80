import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api, data } from '../../api/client';
import type { components } from '../../api/schema';
import type { Period } from './search';

export type Usage = components['schemas']['Usage'];
export type Point = components['schemas']['UsagePoint'];

/** Asked again every 15 seconds while the page is seen; the numbers before stay until the new ones are there. */
export function usageQuery(period: Period, key: string | undefined) {
  return queryOptions({
    queryKey: ['usage', period, key ?? null],
    queryFn: ({ signal }) => data(api.GET('/console/api/usage', { params: { query: { period, ...(key !== undefined && { key }) } }, signal })),
    refetchInterval: 15_000,
    placeholderData: keepPreviousData,
  });
}

import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api, data } from '../../api/client';
import type { components } from '../../api/schema';
import type { Period } from './search';

export type Usage = components['schemas']['Usage'];
export type Point = components['schemas']['UsagePoint'];

/** The page asks again every 15 seconds while somebody is there; the numbers before stay until the new ones are there. */
export function usageQuery(period: Period, key: string | undefined) {
  return queryOptions({
    queryKey: ['usage', period, key ?? null],
    queryFn: ({ signal }) => data(api.GET('/console/api/usage', { params: { query: { period, ...(key !== undefined && { key }) } }, signal })),
    placeholderData: keepPreviousData,
  });
}

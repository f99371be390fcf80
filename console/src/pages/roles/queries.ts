import { queryOptions } from '@tanstack/react-query';
import { api, data } from '../../api/client';
import type { components } from '../../api/schema';

export type Resolved = components['schemas']['Resolved'];
export type Decision = components['schemas']['Decision'];

/** Warnings about the file in force. */
export const findingsQuery = queryOptions({
  queryKey: ['findings'],
  queryFn: async ({ signal }) => (await data(api.GET('/console/api/roles/findings', { signal }))).warnings,
});

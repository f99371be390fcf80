import { queryOptions } from '@tanstack/react-query';
import { api, data } from '../../api/client';
import type { components } from '../../api/schema';

export type User = components['schemas']['User'];

export const usersQuery = queryOptions({
  queryKey: ['users'],
  queryFn: ({ signal }) => data(api.GET('/console/api/users', { signal })),
});

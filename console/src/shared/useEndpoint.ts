import { useQuery } from '@tanstack/react-query';
import { PREFIX } from '../api/base';
import { endpointQuery } from '../api/queries';

/** The API endpoint as clients use it. A derived one lacks the path prefix of a proxy, which only the browser can see. */
export function useEndpoint() {
  const query = useQuery(endpointQuery);
  const endpoint = query.data;
  const url = endpoint === undefined ? undefined : endpoint.derived ? endpoint.url + PREFIX : endpoint.url;
  return { url, derived: endpoint?.derived ?? false, error: query.error, retry: () => void query.refetch() };
}

import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useCallback } from 'react';
import { environmentQuery, rolesQuery } from '../../api/queries';
import { todayHere } from './model';
import type { Search } from './search';

const route = getRouteApi('/shell/keys');

/** State of the page in its address, and how to change it. A changed filter goes back to the first page. */
export function useKeySearch() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const change = useCallback(
    (changes: Partial<Search>, options: { replace?: boolean } = {}) =>
      void navigate({
        search: (before) => ({ ...before, page: undefined, ...changes }),
        replace: options.replace ?? false,
        resetScroll: false,
      }),
    [navigate],
  );
  /** Opens or closes a dialog; the list stays where it is. */
  const dialog = useCallback(
    (which: Pick<Search, 'new' | 'edit'>) =>
      void navigate({ search: (before) => ({ ...before, new: undefined, edit: undefined, ...which }), resetScroll: false }),
    [navigate],
  );
  return { search, change, dialog };
}

/** What the states of keys depend on. */
export function useKeyFacts() {
  const environment = useQuery(environmentQuery).data;
  const roles = useQuery(rolesQuery).data;
  return { today: environment?.today ?? todayHere(), roles, environment };
}

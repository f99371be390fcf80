import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { environmentQuery } from '../api/queries';
import { useSession } from '../api/session';

/** Sets the window's title: page, application, product. */
export function usePageTitle(page: string): void {
  const signedIn = useSession() !== null;
  const name = useQuery({ ...environmentQuery, enabled: signedIn }).data?.name;
  useEffect(() => {
    document.title = [page, name, 'Claviger'].filter(Boolean).join(' · ');
  }, [page, name]);
}

import { redirect, type ParsedLocation } from '@tanstack/react-router';
import { api, data, refreshSession } from '../api/client';
import { ApiProblem } from '../api/problem';
import { session } from '../api/session';

interface Going {
  location: ParsedLocation;
}

/** Lets somebody with a session pass; others sign in first and come back to where they wanted to go. */
export async function requireSession({ location }: Going): Promise<void> {
  if (session() !== null || (await known())) return;
  if ((await data(api.GET('/console/api/first-run'))).needed) throw redirect({ to: '/first-run', replace: true });
  const wanted = location.href === '/' ? undefined : location.href;
  throw redirect({ to: '/sign-in', search: { to: wanted }, replace: true });
}

/** The sign-in page: not for those who have a session, nor while there is nobody to sign in as. */
export async function whenSignedOut(): Promise<void> {
  if (session() !== null || (await known())) throw redirect({ to: '/keys', replace: true });
  if ((await data(api.GET('/console/api/first-run'))).needed) throw redirect({ to: '/first-run', replace: true });
}

async function known(): Promise<boolean> {
  try {
    return await refreshSession();
  } catch (error) {
    throw ApiProblem.from(error);
  }
}

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
  const wanted = location.href === '/' ? undefined : withoutBody(location.href);
  throw redirect({ to: '/sign-in', search: { to: wanted }, replace: true });
}

/** The sign-in page: not for those who have a session, nor while there is nobody to sign in as. Shown in spite of a session when that is
 *  another person's. */
export async function whenSignedOut({ search }: { search: { other?: true | undefined } }): Promise<void> {
  if (session() === null && search.other !== undefined) return;
  if (session() !== null || (await known())) throw redirect({ to: '/keys', replace: true });
  if ((await data(api.GET('/console/api/first-run'))).needed) throw redirect({ to: '/first-run', replace: true });
}

/** Older links to the access check had a request's body in their address; it goes no further. */
function withoutBody(href: string): string {
  const [path = '', query = ''] = href.split(/\?(.*)/s);
  const parameters = new URLSearchParams(query);
  parameters.delete('body');
  return parameters.size === 0 ? path : `${path}?${parameters.toString()}`;
}

/** When the server last said that nobody is signed in: the redirect to the sign-in page need not ask again. */
let toldAt = Number.NEGATIVE_INFINITY;

async function known(): Promise<boolean> {
  if (performance.now() - toldAt < 1_000) return false;
  try {
    const found = await refreshSession();
    if (!found) toldAt = performance.now();
    return found;
  } catch (error) {
    throw ApiProblem.from(error);
  }
}

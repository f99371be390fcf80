import createClient, { type Middleware } from 'openapi-fetch';
import { API_BASE } from './base';
import { ask, cancelAll } from './gate';
import { ApiProblem, kindOf } from './problem';
import type { paths } from './schema';
import { session, setSession, type Session } from './session';

/** A request without an answer for so long has failed. */
const TIMEOUT = 60_000;

/** Calls that begin or end a session: their refusals belong to whoever made them. All others, also the confirmation and the change of a
 *  password, may find the session over. */
const SIGN_IN = /\/console\/api\/(session|first-run)$/;

async function send(request: Request): Promise<Response> {
  const headers = new Headers(request.headers);
  const token = session()?.csrfToken;
  if (request.method !== 'GET' && token !== undefined) headers.set('x-csrf-token', token);
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(TIMEOUT)]);
  // A clone, so that the call can be repeated.
  return fetch(new Request(request.clone(), { headers, signal }));
}

/** Sends a call; asks the person to sign in or to confirm when the server wants it, then repeats the call: for that person only. */
async function governed(request: Request): Promise<Response> {
  const person = session()?.user.email;
  for (let attempt = 0; ; attempt += 1) {
    const response = await send(request);
    if (attempt > 3 || (response.status !== 401 && response.status !== 403)) return response;
    const kind = await kindOf(response);
    const mayRepeat = await settled(kind, new URL(request.url).pathname, attempt);
    if (!mayRepeat || session()?.user.email !== person) return response;
    // The call is repeated; nobody reads this answer.
    void response.body?.cancel();
  }
}

/** Mends what stood in the way of a call; false when it stands there still, or when the call's own form shows it. */
async function settled(kind: string, path: string, attempt: number): Promise<boolean> {
  if (kind === 'confirm-required') return ask('confirm');
  if (session() === null) return false;
  // Somebody signed in anew in another tab: the cookie is newer than the token.
  if (kind === 'csrf') return refreshSession();
  if (kind !== 'sign-in-required' || SIGN_IN.test(path)) return false;
  // Another tab may have signed in meanwhile.
  return (attempt === 0 && (await refreshSession())) || (session() !== null && ask('sign-in'));
}

let leave: () => void = () => undefined;

/** What to do when another person signed in in this browser: nothing of the person before may stay, nothing typed may be sent as the other. */
export function onSomebodyElse(handler: () => void): void {
  leave = handler;
}

/** Asks the server who is signed in; true when somebody is, and the same as before. Keeps the known session otherwise, so that the dialog
 *  knows the e-mail. */
export async function refreshSession(): Promise<boolean> {
  const response = await fetch(`${API_BASE}/console/api/session`);
  if (!response.ok) {
    void response.body?.cancel();
    return false;
  }
  const found = (await response.json()) as Session;
  const known = session();
  if (known !== null && known.user.email !== found.user.email) {
    setSession(null);
    cancelAll();
    leave();
    return false;
  }
  setSession(found);
  return true;
}

/** Refused answers become exceptions, so that callers see data or an `ApiProblem`. */
const problems: Middleware = {
  async onResponse({ response }) {
    if (!response.ok) throw await ApiProblem.of(response);
  },
  onError({ error }) {
    return ApiProblem.from(error);
  },
};

/** The management API, typed by its own document. */
export const api = createClient<paths>({ baseUrl: API_BASE, fetch: governed });
api.use(problems);

/** The body of an answer: `const keys = await data(api.GET('/console/api/keys'))`. */
export async function data<T>(call: Promise<{ data?: T; response: Response }>): Promise<T> {
  const answer = await call;
  if (answer.data === undefined) throw new ApiProblem('unknown', answer.response.status, 'The server answered with nothing.');
  return answer.data;
}

import createClient, { type Middleware } from 'openapi-fetch';
import { PREFIX } from './base';
import { ask } from './gate';
import { ApiProblem, kindOf } from './problem';
import type { paths } from './schema';
import { session, setSession } from './session';

/** A request without an answer for so long has failed. */
const TIMEOUT = 60_000;

/** Calls that are part of signing in: their refusals belong to the form that made them. */
const SIGN_IN = /\/console\/api\/(session|session\/confirm|session\/password|first-run)$/;

async function send(request: Request): Promise<Response> {
  const headers = new Headers(request.headers);
  const token = session()?.csrfToken;
  if (request.method !== 'GET' && token !== undefined) headers.set('x-csrf-token', token);
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(TIMEOUT)]);
  // A clone, so that the call can be repeated.
  return fetch(new Request(request.clone(), { headers, signal }));
}

/** Sends a call; asks the person to sign in or to confirm when the server wants it, then repeats the call. */
async function governed(request: Request): Promise<Response> {
  for (let attempt = 0; ; attempt += 1) {
    const response = await send(request);
    if (attempt > 3 || (response.status !== 401 && response.status !== 403)) return response;
    const path = new URL(request.url).pathname;
    const kind = await kindOf(response);
    if (kind === 'confirm-required') {
      if (!(await ask('confirm'))) return response;
    } else if (kind === 'csrf' && session() !== null) {
      // Somebody signed in anew in another tab: the cookie is newer than the token.
      if (!(await refreshSession())) return response;
    } else if (kind === 'sign-in-required' && session() !== null && !(SIGN_IN.test(path) && request.method !== 'POST')) {
      // Another tab may have signed in meanwhile.
      const isBack = attempt === 0 && (await refreshSession());
      if (!isBack && !(await ask('sign-in'))) return response;
    } else {
      return response;
    }
    // The call is repeated; nobody reads this answer.
    void response.body?.cancel();
  }
}

/** Asks the server who is signed in; true when somebody is. Keeps the known session otherwise, so that the dialog knows the e-mail. */
export async function refreshSession(): Promise<boolean> {
  const response = await fetch(`${PREFIX}/console/api/session`);
  if (!response.ok) {
    void response.body?.cancel();
    return false;
  }
  setSession(await response.json());
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
export const api = createClient<paths>({ baseUrl: location.origin + PREFIX, fetch: governed });
api.use(problems);

/** The body of an answer: `const keys = await data(api.GET('/console/api/keys'))`. */
export async function data<T>(call: Promise<{ data?: T; response: Response }>): Promise<T> {
  const answer = await call;
  if (answer.data === undefined) throw new ApiProblem('unknown', answer.response.status, 'The server answered with nothing.');
  return answer.data;
}

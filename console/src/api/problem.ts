import type { components } from './schema';

type ProblemField = components['schemas']['ProblemField'];
export type Finding = components['schemas']['Finding'];

/** What the server says to programs, in words for people. */
const WORDS: Record<string, string> = {
  'sign-in-required': 'The session is over. Sign in again.',
  'confirm-required': 'This needs your password.',
};

/** A failed call: what the server said (RFC 9457), or that it could not be asked. */
export class ApiProblem extends Error {
  /** Last segment of the problem's `type`; `unreachable` when there was no answer, `unknown` when it was no problem document. */
  readonly kind: string;
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  readonly detail: string;
  /** Refused fields of a 422. */
  readonly errors: readonly ProblemField[];
  /** Seconds to wait, with a 429. */
  readonly retryAfter: number | null;
  /** What there is to say about roles.json, where that was read again. */
  readonly roles: readonly Finding[] | undefined;

  constructor(
    kind: string,
    status: number,
    detail: string,
    errors: readonly ProblemField[] = [],
    retryAfter: number | null = null,
    roles?: readonly Finding[],
  ) {
    super(detail);
    this.name = 'ApiProblem';
    this.kind = kind;
    this.status = status;
    this.detail = detail;
    this.errors = errors;
    this.retryAfter = retryAfter;
    this.roles = roles;
  }

  /** roles.json was read again. */
  tellsRoles(): this is this & { roles: readonly Finding[] } {
    return this.roles !== undefined;
  }

  /** The message for a field, if the server refused it. */
  field(name: string): string | undefined {
    return this.errors.find((error) => error.field === name)?.message;
  }

  /** Nobody knows whether the call was carried out: its answer was lost, or a proxy gave up waiting. */
  get isUnclear(): boolean {
    return this.status === 0 || this.status === 502 || this.status === 504;
  }

  /** The same, told with more words. */
  with(more: string): ApiProblem {
    return new ApiProblem(this.kind, this.status, `${this.detail} ${more}`, this.errors, this.retryAfter, this.roles);
  }

  /** From any answer that is not a success. */
  static async of(response: Response): Promise<ApiProblem> {
    const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
    const retryAfter = Number.isFinite(seconds) ? seconds : null;
    const body: unknown = await response.json().catch(() => null);
    if (isProblem(body)) {
      const kind = body.type.slice(body.type.lastIndexOf('/') + 1);
      return new ApiProblem(kind, response.status, WORDS[kind] ?? body.detail, body.errors ?? [], retryAfter, body.roles);
    }
    return new ApiProblem('unknown', response.status, `The server answered with status ${response.status}.`, [], retryAfter);
  }

  /** From whatever was thrown. */
  static from(error: unknown): ApiProblem {
    if (error instanceof ApiProblem) return error;
    // `fetch` rejects with a TypeError when there is no answer.
    if (error instanceof TypeError) return new ApiProblem('unreachable', 0, 'The server cannot be reached.');
    if (error instanceof DOMException && error.name === 'TimeoutError') {
      return new ApiProblem('unreachable', 0, 'The server does not answer.');
    }
    return new ApiProblem('unknown', 0, error instanceof Error ? error.message : 'Something went wrong.');
  }
}

function isProblem(body: unknown): body is components['schemas']['Problem'] {
  return typeof body === 'object' && body !== null && 'type' in body && typeof body.type === 'string' && 'detail' in body;
}

/** The kind of problem in an answer, without using up its body. */
export async function kindOf(response: Response): Promise<string> {
  return (await ApiProblem.of(response.clone())).kind;
}

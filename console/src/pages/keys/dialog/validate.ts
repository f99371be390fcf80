import type { ApiProblem } from '../../../api/problem';
import type { Environment, Key } from '../../../api/types';
import { MAX_DESCRIPTION, todayHere } from '../model';
import type { Draft } from './draft';
import { hostProblem } from './hosts';

/** What is wrong with the fields. The texts are those of the server (`draft.rs`), which has the last word. */
export interface Errors {
  description?: string | undefined;
  type?: string | undefined;
  role?: string | undefined;
  expiresOn?: string | undefined;
  /** By the ID of the line. */
  hosts: ReadonlyMap<number, string>;
  /** A complaint about the list as a whole. */
  allowedHosts?: string | undefined;
}

export const NO_ERRORS: Errors = { hosts: new Map() };

export function hasErrors({ hosts, ...fields }: Errors): boolean {
  return hosts.size > 0 || Object.values(fields).some((message) => message !== undefined);
}

/** Checks a draft; `key` is the one that is edited: what stays as it is is not checked again. */
export function check(draft: Draft, key: Key | null, environment: Environment | undefined): Errors {
  const hosts = draft.hosts.flatMap(({ id, text }) => {
    const message = hostProblem(text);
    return message === undefined ? [] : [[id, message] as const];
  });
  return {
    description: description(draft.description.trim()),
    role: draft.type === 'standard' && draft.role === null ? 'Select a role.' : undefined,
    expiresOn: draft.expiresOn === key?.expiresOn ? undefined : expiresOn(draft.expiresOn, environment),
    hosts: new Map(hosts),
  };
}

function description(text: string): string | undefined {
  if (text === '') return 'Write a description by which the key can be recognised.';
  return Array.from(text).length > MAX_DESCRIPTION ? `At most ${MAX_DESCRIPTION} characters.` : undefined;
}

function expiresOn(day: string, environment: Environment | undefined): string | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) return 'This must be a date, YYYY-MM-DD.';
  const today = environment?.today ?? todayHere();
  if (day < today) return 'Not before today.';
  if (environment === undefined || day <= environment.latestExpiry) return undefined;
  return environment.latestExpiry === yearFrom(today)
    ? 'At most one year from today.'
    : `At most ${environment.maxLifetimeDays} days from today.`;
}

/** One calendar year later; of 29 February 28 February. */
function yearFrom(day: string): string {
  const next = `${Number(day.slice(0, 4)) + 1}${day.slice(4)}`;
  return day.endsWith('-02-29') ? `${next.slice(0, 4)}-02-28` : next;
}

/** The server's complaints at the fields they are about. */
export function fromProblem(problem: ApiProblem, draft: Draft): Errors {
  const hosts = new Map<number, string>();
  let allowedHosts: string | undefined;
  for (const { field, index, message } of problem.errors) {
    if (field !== 'allowedHosts') continue;
    const line = typeof index === 'number' ? draft.hosts[index] : undefined;
    if (line === undefined) allowedHosts = message;
    else hosts.set(line.id, message);
  }
  return {
    description: problem.field('description'),
    type: problem.field('type'),
    role: problem.field('role'),
    expiresOn: problem.field('expiresOn'),
    hosts,
    allowedHosts,
  };
}

/** A complaint goes when its field is changed; the next Submit looks again. */
export function forget(errors: Errors, draft: Draft, change: Partial<Draft>): Errors {
  const { hosts: lines, ...fields } = change;
  const cleared = Object.fromEntries(Object.keys(fields).map((name) => [name, undefined]));
  if (lines === undefined) return { ...errors, ...cleared };
  const before = new Map(draft.hosts.map(({ id, text }) => [id, text]));
  const kept = lines.filter(({ id, text }) => before.get(id) === text).map(({ id }) => id);
  const hosts = new Map([...errors.hosts].filter(([id]) => kept.includes(id)));
  return { ...errors, ...cleared, hosts, allowedHosts: undefined };
}

import { api, data } from '../../api/client';
import { ApiProblem, type Finding } from '../../api/problem';
import { plural } from '../../shared/format';
import type { Place } from './FindingTable';

/** What became of something that was read again. */
export interface Outcome {
  /** What was read. */
  where: string;
  /** With errors the previous ones stay in force. */
  kept: string;
  errors: readonly Place[];
  warnings: readonly Place[];
  /** What is told without errors. */
  title: string;
  text: string;
}

/** Reads roles.json again. */
export async function reloadRoles(): Promise<Outcome[]> {
  const read = await orProblem(data(api.POST('/console/api/roles/reload')));
  return [ofRoles(read instanceof ApiProblem ? read.roles : read.warnings)];
}

/** Reads functions/ again, and roles.json for them: each has an outcome of its own. */
export async function reloadFunctions(): Promise<Outcome[]> {
  const read = await orProblem(data(api.POST('/console/api/functions/reload')));
  if (!(read instanceof ApiProblem)) {
    const text = read.classes.length === 0 ? 'There are no functions.' : `${read.summary}. Requests from now on call them.`;
    return [ofFunctions([], text), ofRoles(read.roles)];
  }
  const errors = read.errors.map(({ field, line, code, message }) => ({ path: field, line: line ?? null, code, message }));
  const failed = { path: 'functions/', line: null, code: read.kind, message: read.detail };
  return [ofFunctions(errors.length === 0 ? [failed] : errors, ''), ofRoles(read.roles)];
}

/** What was read; or the problem that tells what was wrong with it. Any other failure is thrown. */
async function orProblem<T>(read: Promise<T>): Promise<T | (ApiProblem & { roles: readonly Finding[] })> {
  try {
    return await read;
  } catch (error) {
    const problem = ApiProblem.from(error);
    if (problem.tellsRoles()) return problem;
    throw problem;
  }
}

function ofRoles(findings: readonly Finding[]): Outcome {
  const [errors, warnings] = (['error', 'warning'] as const).map((severity) => findings.filter((found) => found.severity === severity));
  const told = warnings?.length === 0 ? 'no warnings' : plural(warnings?.length ?? 0, 'warning');
  return {
    where: 'roles.json',
    kept: 'rules',
    errors: errors ?? [],
    warnings: warnings ?? [],
    title: 'roles.json is in force',
    text: `No errors, ${told}. All keys follow the new rules from their next request on.`,
  };
}

function ofFunctions(errors: readonly Place[], text: string): Outcome {
  return { where: 'functions/', kept: 'functions', errors, warnings: [], title: 'The functions are in force', text };
}

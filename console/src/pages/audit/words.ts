/** The words for actions of the log, in the order in which they are offered. */
const ACTIONS: readonly (readonly [string, string])[] = [
  ['create', 'Created a key'],
  ['edit', 'Edited a key'],
  ['reveal', 'Revealed a secret'],
  ['regenerate', 'Regenerated a secret'],
  ['delete', 'Deleted a key'],
  ['try', 'Ran a request'],
  ['user-create', 'Created a user'],
  ['user-edit', 'Changed a user'],
  ['user-delete', 'Deleted a user'],
  ['sign-in', 'Signed in'],
  ['sign-in-failed', 'Failed to sign in'],
  ['roles-reload', 'Reloaded roles.json'],
  ['functions-reload', 'Reloaded functions'],
  ['lock-break', 'Broke a lock'],
];

const WORDS = new Map(ACTIONS);

export function auditWords(action: string): string {
  return WORDS.get(action) ?? action;
}

/** Options of the filter; an action from the address that is not known stays choosable. */
export function auditActions(chosen: string | undefined): { value: string; label: string }[] {
  const known = ACTIONS.map(([value, label]) => ({ value, label }));
  return chosen === undefined || WORDS.has(chosen) ? known : [...known, { value: chosen, label: chosen }];
}

/** The words for members of a key and a user. */
const FIELDS: Record<string, string> = {
  description: 'description',
  type: 'type',
  role: 'role',
  expiresOn: 'expiration date',
  allowedHosts: 'allowed hosts',
  password: 'password',
  secret: 'secret',
};

export function fieldWords(field: string): string {
  return FIELDS[field] ?? field;
}

import type { ConsoleRole } from '../../api/session';

/** The console's own roles: what each may do here. They have nothing to do with the roles of keys. */
export const CONSOLE_ROLES: readonly { value: ConsoleRole; label: string; does: string }[] = [
  { value: 'viewer', label: 'Viewer', does: 'Sees keys, roles, usage and the audit log. No secrets, no changes.' },
  { value: 'manager', label: 'Manager', does: 'Also creates, edits, reveals, regenerates and deletes keys, and runs requests.' },
  { value: 'owner', label: 'Owner', does: 'Also manages users and reloads roles.json.' },
];

export function roleLabel(role: string): string {
  return CONSOLE_ROLES.find(({ value }) => value === role)?.label ?? role;
}

import type { Key } from '../../api/types';
import { daysBetween } from '../../shared/format';

/** What a key is and which state it is in, with the names that people read. */
export const TYPES = ['standard', 'administration'] as const;
export type KeyType = (typeof TYPES)[number];
export const TYPE_NAMES: Record<KeyType, string> = { standard: 'Standard', administration: 'Administration' };

export const STATES = ['active', 'expiresSoon', 'expired', 'roleMissing'] as const;
export type KeyState = (typeof STATES)[number];
export const STATE_NAMES: Record<KeyState, string> = {
  active: 'Active',
  expiresSoon: 'Expires soon',
  expired: 'Expired',
  roleMissing: 'Role missing',
};

export const SORTS = ['created', 'description', 'role', 'expiresOn', 'lastUsedAt'] as const;
export type KeySort = (typeof SORTS)[number];
export const ORDERS = ['asc', 'desc'] as const;
export type Order = (typeof ORDERS)[number];

/** Keys on one page of the list. */
export const PAGE_SIZE = 50;
/** A key "expires soon" when it works for so many more days at most. */
export const SOON_DAYS = 14;
/** What stands for a secret that is not shown. */
export const MASK = '*'.repeat(16);
export const MAX_DESCRIPTION = 200;

export function isAdministration(key: Pick<Key, 'type'>): boolean {
  return key.type === 'administration';
}

/** The gravest state that holds, as the server counts: expired, role missing, expires soon. `roles` is absent until it is known. */
export function stateOf(key: Key, today: string, roles: readonly string[] | undefined): KeyState {
  if (key.expiresOn < today) return 'expired';
  if (isRoleMissing(key, roles)) return 'roleMissing';
  return daysBetween(today, key.expiresOn) <= SOON_DAYS ? 'expiresSoon' : 'active';
}

export function isRoleMissing(key: Key, roles: readonly string[] | undefined): boolean {
  if (isAdministration(key) || roles === undefined) return false;
  return declaredRole(key.role ?? '', roles) === undefined;
}

/** The role as the roles file writes it; found without case, as the server does. */
export function declaredRole(name: string, roles: readonly string[]): string | undefined {
  return roles.find((role) => role.toLowerCase() === name.toLowerCase());
}

/** The day of this computer's clock, UTC: until the server has told its own. */
export function todayHere(): string {
  return new Date().toISOString().slice(0, 10);
}

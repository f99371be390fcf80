import type { Environment, Key, KeyProperties } from '../../../api/types';
import { TYPES, type KeyType } from '../model';

/** One line of the list of allowed hosts; the ID keeps line and error together when others are removed. */
export interface HostLine {
  id: number;
  text: string;
}

/** What stands in the dialog. */
export interface Draft {
  description: string;
  type: KeyType;
  /** Null: nothing selected. Kept while the type is Administration, so that switching back loses nothing. */
  role: string | null;
  /** `YYYY-MM-DD`; empty when the field holds no date. */
  expiresOn: string;
  hosts: readonly HostLine[];
}

let lines = 0;

export function hostLine(text: string): HostLine {
  lines += 1;
  return { id: lines, text };
}

/** A new key: Standard, the role Admin if declared, as long as allowed, from everywhere (K-22 to K-29). */
export function newDraft(environment: Environment | undefined): Draft {
  return {
    description: '',
    type: 'standard',
    role: environment?.defaultRole ?? null,
    expiresOn: environment?.latestExpiry ?? '',
    hosts: [],
  };
}

export function draftOf(key: Key): Draft {
  return {
    description: key.description,
    type: TYPES.find((type) => type === key.type) ?? 'standard',
    role: key.role ?? null,
    expiresOn: key.expiresOn,
    hosts: key.allowedHosts.map(hostLine),
  };
}

/** All properties, for a new key. */
export function properties(draft: Draft): KeyProperties {
  return {
    description: draft.description.trim(),
    type: draft.type,
    role: draft.type === 'administration' ? null : draft.role,
    expiresOn: draft.expiresOn,
    allowedHosts: texts(draft),
  };
}

/** Only what differs from the key as it was when the dialog opened. */
export function changes(draft: Draft, key: Key): KeyProperties {
  const before = properties(draftOf(key));
  const after = properties(draft);
  const names = ['description', 'type', 'role', 'expiresOn', 'allowedHosts'] as const;
  const changed = names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
  return Object.fromEntries(changed.map((name) => [name, after[name]]));
}

export function texts(draft: Draft): string[] {
  return draft.hosts.map((line) => line.text.trim());
}

/** What the person typed: fields that still stand as they were before take the current value, so that only real differences are told. */
export function typedOnly(draft: Draft, before: Draft, current: Draft): Draft {
  const pick = <T>(mine: T, old: T, now: T) => (mine === old ? now : mine);
  return {
    description: pick(draft.description, before.description, current.description),
    type: pick(draft.type, before.type, current.type),
    role: pick(draft.role, before.role, current.role),
    expiresOn: pick(draft.expiresOn, before.expiresOn, current.expiresOn),
    hosts: texts(draft).join() === texts(before).join() ? current.hosts : draft.hosts,
  };
}

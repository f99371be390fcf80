import { useSyncExternalStore } from 'react';
import type { components } from './schema';

export type Session = components['schemas']['SessionBody'];
export type ConsoleRole = 'owner' | 'manager' | 'viewer';

const RANK: Record<ConsoleRole, number> = { viewer: 0, manager: 1, owner: 2 };

/** Who is signed in. Kept in memory only: the cookie is the session, and the token goes with every call but GET. */
let current: Session | null = null;
const listeners = new Set<() => void>();

export function session(): Session | null {
  return current;
}

export function setSession(next: Session | null): void {
  current = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The session, followed by React. */
export function useSession(): Session | null {
  return useSyncExternalStore(subscribe, session);
}

/** True when the person signed in has at least this console role. Only decides what is shown: the server decides what is done. */
export function useMay(role: ConsoleRole): boolean {
  const own = useSession()?.user.role;
  return isRole(own) && RANK[own] >= RANK[role];
}

function isRole(text: string | undefined): text is ConsoleRole {
  return text !== undefined && text in RANK;
}

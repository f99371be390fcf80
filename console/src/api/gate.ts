import { useSyncExternalStore } from 'react';

/** What a call waits for: the person signs in again, or gives the password again. */
export type Asked = 'sign-in' | 'confirm';

interface Waiting {
  readonly promise: Promise<boolean>;
  readonly settle: (done: boolean) => void;
}

/** One of each kind: a confirmation may itself find the session over, and then waits below the sign-in. */
const waiting: Record<Asked, Waiting | null> = { 'sign-in': null, confirm: null };
const listeners = new Set<() => void>();

function set(asked: Asked, next: Waiting | null): void {
  waiting[asked] = next;
  for (const listener of listeners) listener();
}

/** Opens the dialog and waits; true when it succeeded, false when it was cancelled. Calls that come meanwhile share one dialog. */
export function ask(asked: Asked): Promise<boolean> {
  const open = waiting[asked];
  if (open !== null) return open.promise;
  const { promise, resolve } = withResolvers();
  const own: Waiting = {
    promise,
    settle: (done) => {
      // A late answer must not close a dialog that was opened after its own.
      if (waiting[asked] === own) set(asked, null);
      resolve(done);
    },
  };
  set(asked, own);
  return promise;
}

/** Closes both dialogs: the person is gone. */
export function cancelAll(): void {
  waiting.confirm?.settle(false);
  waiting['sign-in']?.settle(false);
}

function withResolvers(): { promise: Promise<boolean>; resolve: (done: boolean) => void } {
  let resolve: (done: boolean) => void = () => undefined;
  const promise = new Promise<boolean>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The call that waits for this now, for its dialog. */
export function useGate(asked: Asked): Waiting | null {
  return useSyncExternalStore(subscribe, () => waiting[asked]);
}

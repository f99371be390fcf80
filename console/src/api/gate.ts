import { useSyncExternalStore } from 'react';

/** What a call waits for: the person signs in again, or gives the password again. */
export type Asked = 'sign-in' | 'confirm';

interface Waiting {
  readonly asked: Asked;
  readonly promise: Promise<boolean>;
  readonly settle: (done: boolean) => void;
}

let waiting: Waiting | null = null;
const listeners = new Set<() => void>();

function set(next: Waiting | null): void {
  waiting = next;
  for (const listener of listeners) listener();
}

/** Opens the dialog and waits; true when it succeeded, false when it was cancelled. Calls that come meanwhile share one dialog. */
export async function ask(asked: Asked): Promise<boolean> {
  while (waiting !== null) {
    const { asked: other, promise } = waiting;
    const done = await promise;
    if (other === asked) return done;
  }
  const { promise, resolve } = withResolvers();
  set({
    asked,
    promise,
    settle: (done) => {
      set(null);
      resolve(done);
    },
  });
  return promise;
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

/** What is asked for now, for the dialogs. */
export function useGate(): Waiting | null {
  return useSyncExternalStore(subscribe, () => waiting);
}

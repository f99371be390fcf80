import { useEffect, useId, useSyncExternalStore } from 'react';

interface Open {
  id: string;
  level: number;
}

/** Dialogs that are open, the topmost last. */
let open: readonly Open[] = [];
const listeners = new Set<() => void>();

function set(next: readonly Open[]): void {
  open = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** True for the topmost of the open dialogs: Escape closes that one only, so that nothing typed below it is lost. */
export function useTopmost(opened: boolean, level: number): boolean {
  const id = useId();
  useEffect(() => {
    if (!opened) return undefined;
    // Stable: of one level, the last opened is on top.
    set([...open, { id, level }].sort((one, other) => one.level - other.level));
    return () => set(open.filter((one) => one.id !== id));
  }, [opened, id, level]);
  return useSyncExternalStore(subscribe, () => open.at(-1)?.id === id);
}

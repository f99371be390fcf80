// Aliases of connections in this program (`localID`, remote-datastore 1.3).

import type { DatastoreOf, DataStore } from "./datastore.js";

const known = new Map<string, DatastoreOf>();

/** The datastore that has the alias; null when none has (`ds(localID)`). */
export function datastore<M = any>(localID: string): DatastoreOf<M> | null {
  return (known.get(localID) as DatastoreOf<M> | undefined) ?? null;
}

/** The one that has the alias: an older one stays. @internal */
export function keep(localID: string, store: DatastoreOf): DatastoreOf {
  const older = known.get(localID);
  if (older !== undefined) return older;
  known.set(localID, store);
  return store;
}

/** Takes the alias away. @internal */
export function forget(localID: string): DatastoreOf | undefined {
  const store = known.get(localID);
  known.delete(localID);
  return store;
}

/** Takes the alias away from this one only. @internal */
export function forgetThis(store: DataStore): void {
  for (const [localID, other] of known) if (other === store) known.delete(localID);
}

/**
 * `openDatastore` as the reference has it: null instead of an error, and TLS only when it is asked for.
 *
 * @module
 */

import type { ConnectionInfo, OpenOptions } from "./connect.js";
import type { DatastoreOf } from "./datastore.js";
import { DatastoreError } from "./errors.js";
import { open } from "./open.js";

export * from "./index.js";

/** Why the last `openDatastore` gave null (`lastErrors`); empty when it did not. */
export let lastErrors: readonly DatastoreError[] = [];

/** Opens a datastore (`openDatastore`); null when that is not possible, and `lastErrors` says why. */
export async function openDatastore<M = any>(connectionInfo: ConnectionInfo, localID?: string, options: OpenOptions = {}): Promise<DatastoreOf<M> | null> {
  try {
    const store = await open<M>(connectionInfo, localID, options, false);
    lastErrors = [];
    return store;
  } catch (error) {
    if (!(error instanceof DatastoreError)) throw error;
    lastErrors = [error];
    return null;
  }
}

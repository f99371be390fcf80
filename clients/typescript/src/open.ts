// openDatastore (remote-datastore 1).

import { type Connect, type ConnectionInfo, type OpenOptions, readConnectionInfo } from "./connect.js";
import { Connection } from "./connection.js";
import { DataStore, type DatastoreOf } from "./datastore.js";
import { INNER } from "./members.js";
import { datastore, forget, keep } from "./registry.js";

/**
 * Opens a datastore (`openDatastore`): asks for its catalog, so that a wrong address or key is told at once. With an alias that is known, the datastore
 * that has it is given. Throws `Unreachable`, `Unauthorized`, and `Misuse` when the connection makes no sense.
 */
export function openDatastore<M = any>(connectionInfo: ConnectionInfo, localID?: string, options: OpenOptions = {}): Promise<DatastoreOf<M>> {
  return open<M>(connectionInfo, localID, options, undefined);
}

/** @internal */
export async function open<M>(info: unknown, localID: string | undefined, options: OpenOptions, tlsByDefault: boolean | undefined): Promise<DatastoreOf<M>> {
  const connect = readConnectionInfo(info, tlsByDefault);
  const alias = localID === "" ? undefined : localID;
  if (alias !== undefined) {
    const known = options.replace === true ? null : datastore(alias);
    if (known !== null) return sharing(known, alias, connect) as DatastoreOf<M>;
  }
  if (connect.credential.kind === "key" && isPage()) {
    connect.warnings.push("An API key stands in a browser page, where whoever sees the page can read it. Give it few rights, or let a server of your own ask.");
  }
  const connection = new Connection(connect, alias, options);
  if (options.lazy !== true) await connection.catalog();
  const store = DataStore.of(connection);
  if (alias === undefined) return store as DatastoreOf<M>;
  // It is proven now: the one before may go.
  const old = options.replace === true ? forget(alias) : undefined;
  const first = keep(alias, store);
  await old?.close().catch(() => undefined);
  // Somebody else was faster.
  if (first !== store) await connection.close().catch(() => undefined);
  return first as DatastoreOf<M>;
}

function sharing(known: DatastoreOf, alias: string, connect: Connect): DatastoreOf {
  const connection = (known as DataStore)[INNER];
  const { endpoint, credential } = connection.wire;
  if (endpoint.base !== connect.endpoint.base || !credential.is(connect.credential)) {
    connection.warn(`The alias "${alias}" is open with other connection data, which stay.`);
  }
  return known;
}

function isPage(): boolean {
  return typeof globalThis.window !== "undefined" && typeof globalThis.document !== "undefined";
}

// The datastore object (remote-datastore 3).

import { Call } from "./call.js";
import { type Catalog, methodOf } from "./catalog.js";
import type { Connection } from "./connection.js";
import { Dataclass, type DataclassOf } from "./dataclass.js";
import { Misuse } from "./errors.js";
import type { LoggedRequest, RequestLog } from "./log.js";
import type { Upload } from "./media.js";
import { type Besides, DISPOSE, INNER, SHOWN, withMembers } from "./members.js";
import { forgetThis } from "./registry.js";
import type { Status } from "./status.js";
import { saveTogether, Transaction } from "./transaction.js";

/**
 * A datastore with its dataclasses and functions as properties; `M` names the dataclasses and the attributes of each. `claviger client types` makes an
 * `M` that knows the functions, too.
 */
export type DatastoreOf<M = any> = DataStore &
  (unknown extends M
    ? { readonly [name: string]: any }
    : Besides<DataStore, { readonly [N in Exclude<keyof M, "$datastore">]: DataclassOf<M[N]> }> & (M extends { $datastore: infer F } ? Besides<DataStore, F> : unknown));

/** What `getInfo()` says, with the reference's names. */
export interface Info {
  /** `4D Server`, as everything remote is called. */
  type: "4D Server";
  /** Reached over a network. */
  networked: boolean;
  /** The alias; empty when there is none. */
  localID: string;
  /** How it is reached, without secrets: name and port, HTTPS, minutes, and the user (empty with a key). */
  connection: { hostname: string; tls: boolean; idleTimeout: number; user: string };
}

/** A remote datastore: what one endpoint shows to one key, in one session. */
export class DataStore {
  /** @internal */
  readonly [INNER]: Connection;

  private constructor(connection: Connection) {
    this[INNER] = connection;
    const infos = () => connection.lastCatalog()?.dataClasses;
    const known = new Map<string, { info: unknown; dataclass: DataclassOf }>();
    return withMembers(this as DataStore, {
      names: () => infos()?.map((info) => info.name) ?? [],
      find: (name) => {
        const info = infos()?.find((dataclass) => dataclass.name === name);
        if (info === undefined && infos() !== undefined) {
          const isFunction = methodOf(connection.lastCatalog()?.methods, name, "dataStore") !== undefined;
          return isFunction ? (...values: unknown[]) => this.call(name, ...values) : undefined;
        }
        const before = known.get(name);
        if (before !== undefined && before.info === info) return before.dataclass;
        const dataclass = this.dataclass(name);
        known.set(name, { info, dataclass });
        return dataclass;
      },
      assign: () => {
        throw new Misuse("A datastore cannot be written.");
      },
    });
  }

  /** @internal */
  static of(connection: Connection): DatastoreOf {
    const store = new DataStore(connection) as DatastoreOf;
    connection.store = store;
    return store;
  }

  /** A dataclass (`ds.Book`, `ds["Book"]`). Of a datastore that was opened lazily it is looked for when it is used. */
  dataclass<T = any>(name: string): DataclassOf<T> {
    return Dataclass.of<T>(this[INNER].access(name));
  }

  /** Names of the exposed dataclasses, in the order of the model. */
  async dataclasses(): Promise<string[]> {
    return (await this[INNER].catalog()).dataClasses.map((info) => info.name);
  }

  /** The description of what the key can see; asked for once in a session. */
  catalog(): Promise<Catalog> {
    return this[INNER].catalog();
  }

  /** Asks for the description again. */
  refreshCatalog(): Promise<Catalog> {
    return this[INNER].refreshCatalog();
  }

  /** What this datastore is (`getInfo()`). */
  getInfo(): Info {
    const { wire, localID, idleMinutes } = this[INNER];
    const connection = { hostname: wire.endpoint.host, tls: wire.endpoint.tls, idleTimeout: idleMinutes, user: wire.credential.user };
    return { type: "4D Server", networked: true, localID: localID ?? "", connection };
  }

  /** What was odd about the connection's data, in words. */
  warnings(): string[] {
    return [...this[INNER].warnings];
  }

  /** Calls a function of the datastore. */
  call<R = any>(name: string, ...values: unknown[]): Call<R> {
    return new Call(this[INNER], { of: "dataStore" }, name, values);
  }

  /** Calls a function of a shared singleton. */
  callSingleton<R = any>(singleton: string, name: string, ...values: unknown[]): Call<R> {
    return new Call(this[INNER], { of: "singleton", singleton }, name, values);
  }

  /** Leaves an image with the server, to be given to an attribute (`$upload`). Its type is seen from its beginning when it is not said. */
  uploadImage(bytes: Uint8Array | Blob, type?: string): Promise<Upload> {
    return this[INNER].uploadImage(bytes, type);
  }

  /** Leaves bytes with the server, to be given to an attribute or a function (`$upload`). */
  upload(bytes: Uint8Array | Blob): Promise<Upload> {
    return this[INNER].upload(bytes);
  }

  /** Saves what the function collects as one: all of it, or nothing. The wire knows this for entities of one dataclass only. */
  async transaction(collect: (transaction: Transaction) => void | Promise<void>): Promise<Status[]> {
    const transaction = new Transaction();
    await collect(transaction);
    return saveTogether(transaction);
  }

  /** Begins to log requests; an earlier log is forgotten. A number: so many are kept; a text: the file that lines of JSON are appended to (`startRequestLog()`). */
  startRequestLog(log: number | string | RequestLog = {}): Promise<void> {
    return this[INNER].wire.log.start(typeof log === "number" ? { keep: log } : typeof log === "string" ? { file: log } : log);
  }

  /** Ends the log (`stopRequestLog()`). */
  stopRequestLog(): void {
    this[INNER].wire.log.stop();
  }

  /** What was logged in memory, newest first; empty when nothing is logged (`getRequestLog()`). */
  getRequestLog(): LoggedRequest[] {
    return this[INNER].wire.log.entries();
  }

  /** Waits until what nobody needs any more has been given back: entity sets and locks. */
  flush(): Promise<void> {
    return this[INNER].wire.sayFarewells();
  }

  /** Ends the session, and with it its locks; the alias is free again. Whatever is asked later is `Misuse`. */
  async close(): Promise<void> {
    if (this[INNER].wire.isClosed) return;
    forgetThis(this[INNER].store);
    await this[INNER].close();
  }

  /** The same as `close()`: for `await using`. */
  [DISPOSE](): Promise<void> {
    return this.close();
  }

  toJSON(): object {
    return this.getInfo();
  }

  /** @internal */
  [SHOWN](): object {
    const { wire, localID } = this[INNER];
    return { datastore: wire.endpoint.host, localID: localID ?? "" };
  }
}

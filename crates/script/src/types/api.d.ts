  /** Asks another server; only hosts of the setting `functions.allow_hosts`. */
  function fetch(address: string | URL, options?: claviger.FetchOptions): Promise<claviger.Response>;
  /** Answers the request with this instead of JSON: a text, bytes, or what can be written as JSON. */
  function response(body: unknown, options?: { status?: number; headers?: claviger.HeadersLike }): claviger.Outgoing;
  /** Another application's datastore; only hosts of the setting `functions.allow_hosts`. The same alias and the same data: the same connection. */
  function openDatastore(connectionInfo: claviger.ConnectionInfo, localID: string): claviger.RemoteDatastore;
  /** The caller's session. */
  const session: claviger.Session;

  // As on the web.
  const console: Record<"log" | "info" | "debug" | "warn" | "error", (...values: unknown[]) => void>;
  const crypto: {
    getRandomValues<T extends ArrayBufferView>(array: T): T;
    randomUUID(): string;
  };
  function structuredClone<T>(value: T): T;
  function setTimeout<A extends unknown[]>(callback: (...values: A) => void, delay?: number, ...values: A): number;
  function clearTimeout(id: number): void;
  class TextEncoder {
    readonly encoding: string;
    encode(text?: string): Uint8Array;
  }
  class TextDecoder {
    constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
    readonly encoding: string;
    readonly fatal: boolean;
    readonly ignoreBOM: boolean;
    decode(bytes?: ArrayBuffer | ArrayBufferView): string;
  }
  class URLSearchParams {
    constructor(init?: string | Iterable<[string, string]> | Record<string, string>);
    readonly size: number;
    append(name: string, value: string): void;
    delete(name: string): void;
    get(name: string): string | null;
    getAll(name: string): string[];
    has(name: string): boolean;
    set(name: string, value: string): void;
    sort(): void;
    forEach(callback: (value: string, name: string, all: URLSearchParams) => void): void;
    keys(): IterableIterator<string>;
    values(): IterableIterator<string>;
    entries(): IterableIterator<[string, string]>;
    toString(): string;
    [Symbol.iterator](): IterableIterator<[string, string]>;
  }
  class URL {
    constructor(text: string | URL, base?: string | URL);
    static canParse(text: string | URL, base?: string | URL): boolean;
    href: string;
    readonly origin: string;
    protocol: string;
    username: string;
    password: string;
    host: string;
    hostname: string;
    port: string;
    pathname: string;
    search: string;
    hash: string;
    readonly searchParams: URLSearchParams;
    toString(): string;
    toJSON(): string;
  }

  namespace claviger {
    /** An entity's key; one of several parts is a list. */
    type Key = number | string | (number | string)[];
    /** Attributes in a list, or in a text with commas: `"title,author.name"`. */
    type Names = string | Iterable<string>;
    /** An order as text, `"price desc, title"`, or part by part. */
    type Order = string | Iterable<{ propertyPath: string; descending?: boolean }>;

    /** What became of saving, deleting or locking. */
    interface Status {
      success: boolean;
      /** 1: permission, 2: the stamp has changed, 3: locked by somebody else, 4: other error, 5: the entity is gone, 6: others have changed the same, so that nothing was merged. */
      status?: number;
      statusText?: string;
      /** Changes of others on other attributes were kept. */
      autoMerged?: boolean;
      /** The entity had changed and was read anew. */
      wasReloaded?: boolean;
      errors?: { message: string; errCode: number | null }[];
    }

    /** What all dataclasses can do. */
    interface Dataclass<E, S> {
      /** All entities. */
      all(): S;
      /** The entity of a key, or null. */
      get(key: Key | Date | null | undefined): E | null;
      /** The entities that a query finds: `query("price > :1", 10)`, `query("price > :least", {parameters: {least: 10}})`. */
      query(text: string, ...values: unknown[]): S;
      /** A new entity, which is not saved yet. */
      "new"(): E;
      /** A selection without entities. */
      newSelection(): S;
      /** Saves an entity for each object: the one of its key where there is one, else a new one. */
      fromCollection(collection: Iterable<object>): S;
      /** How many entities there are. */
      getCount(): number;
      /** A key of several parts has their names with commas. */
      getInfo(): { name: string; primaryKey: string };
    }

    /** What all entity selections can do. They never change: each operation gives another one. */
    interface Selection<E, S> {
      /** How many entities there are. */
      readonly length: number;
      readonly [index: number]: E;
      [Symbol.iterator](): IterableIterator<E>;
      /** The first entity; null when there is none. */
      first(): E | null;
      /** The last entity; null when there is none. */
      last(): E | null;
      /** The entity at an index, counted from the end when negative. */
      at(index: number): E | null | undefined;
      /** A part, as `Array.prototype.slice`. */
      slice(start?: number, end?: number | null): S;
      /** Those that a query finds among these. */
      query(text: string, ...values: unknown[]): S;
      /** These in another order. */
      orderBy(order: Order): S;
      /** Those that are in both. */
      and(other: S | E): S;
      /** Those that are in one of them. */
      or(other: S | E): S;
      /** Those that are not in the other. */
      minus(other: S | E): S;
      /** Whether an entity is among these. */
      contains(entity: E): boolean;
      /** The sum of an attribute. */
      sum(path: string): number | null;
      /** The average of an attribute. */
      average(path: string): number | null;
      /** The smallest value of an attribute. */
      min(path: string): any;
      /** The largest value of an attribute. */
      max(path: string): any;
      /** How many have a value in an attribute. */
      count(path: string): number;
      /** The different values of an attribute. */
      distinct(path: string): any[];
      /** Values of a path, without empty ones; with more names, objects: `extract("title", "name", "author.name", "by")`. */
      extract(path: string, ...names: string[]): any[];
      /** Objects of all entities, or of `count` beginning with `start`. */
      toCollection(attributes?: Names | null, options?: ObjectOptions, start?: number, count?: number): Record<string, any>[];
      /** Deletes all; those that could not be deleted are the result. */
      drop(): S;
      toJSON(): Record<string, any>[];
    }

    /** What all entities can do. */
    interface Entity<E> {
      /** Writes what is touched; `"merge"`: changes of others on other attributes do not hinder. */
      save(mode?: "merge" | { merge: boolean }): Status;
      /** Deletes; `"force"`: whatever its stamp is. */
      drop(mode?: "force" | boolean | { force: boolean }): Status;
      /** Keeps all others from changing it; `"reload"`: reads it anew when it has changed. */
      lock(mode?: "reload" | { reload: boolean }): Status;
      /** Ends the lock. */
      unlock(): Status;
      /** Reads it anew; what was not saved is lost. */
      reload(): Status;
      /** Values by name: of all attributes, or of those named (`"title,author.name,author.*"`). */
      toObject(attributes?: Names | null, options?: ObjectOptions): Record<string, any>;
      /** Takes over values by name, converted where that is possible; the rest is left as it is. */
      fromObject(object: object): void;
      /** Whether it has never been saved. */
      isNew(): boolean;
      /** Whether something was changed since it was loaded or saved. */
      touched(): boolean;
      /** Names of what was changed. */
      touchedAttributes(): string[];
      /** Its key; null before it has one. `asText`: as text. */
      getKey(asText: true): string | null;
      getKey(asText?: boolean): any;
      /** How often it has been saved. */
      getStamp(): number;
      /** Another object on the same entity, with what is touched here. */
      clone(): E;
      /** In which attributes another entity of the dataclass differs. */
      diff(other: E, attributes?: Names): { attributeName: string; value: any; otherValue: any }[];
      toJSON(): Record<string, any>;
    }

    interface ObjectOptions {
      /** Adds `__KEY`. */
      withKey?: boolean;
      /** Adds `__STAMP`. */
      withStamp?: boolean;
    }

    /** What an event gets. */
    interface Event {
      name: "validateSave" | "saving" | "afterSave" | "validateDrop" | "dropping" | "afterDrop";
      dataclass: string;
    }

    /** Transactions. */
    interface Transactions {
      /** Begins a transaction, within another one where there is one. */
      startTransaction(): void;
      /** Keeps what the transaction has done. */
      validateTransaction(): void;
      /** Takes back what the transaction has done, also transactions within it. */
      cancelTransaction(): void;
    }

    interface Session {
      /** Whether the caller has a privilege now, also a promoted one. */
      hasPrivilege(name: string): boolean;
      /** Names of the session's privileges, without promoted ones. */
      getPrivileges(): string[];
      /** Gives the session privileges. */
      setPrivileges(privileges: string | string[] | { privileges?: string | string[]; roles?: string | string[] }): boolean;
      /** Takes away all that `setPrivileges` gave. */
      clearPrivileges(): boolean;
      /** Adds a privilege for the time of the call; a number for `demote`, 0 when there is none of that name or it is there. */
      promote(name: string): number;
      /** Takes back what `promote` added. */
      demote(number: number): void;
      /** What the session keeps from call to call: JSON. */
      readonly storage: Record<string, any>;
      /** The API key of the caller; null without one. */
      readonly key: { id: string; description: string; type: string; role: string | null } | null;
    }

    /** How another application is reached. */
    interface ConnectionInfo {
      /** Its endpoint, `https://library.example.org`. */
      hostname: string;
      "api-key"?: string;
      /** Without a scheme in `hostname`: HTTPS. */
      tls?: boolean;
    }

    /** Another application's datastore: its dataclasses by their names, with the same functions as those of `ds`, and its own functions. */
    interface RemoteDatastore {
      getInfo(): { type: string; networked: boolean; localID: string; connection: { hostname: string; tls: boolean; idleTimeout: number; user: string } };
      readonly [name: string]: any;
    }

    type HeadersLike = Iterable<[string, string]> | Record<string, string>;

    interface FetchOptions {
      method?: string;
      headers?: HeadersLike;
      body?: unknown;
      redirect?: "follow" | "manual" | "error";
    }

    /** An answer of another server. */
    interface Response {
      readonly ok: boolean;
      readonly status: number;
      readonly statusText: string;
      readonly url: string;
      readonly headers: Headers;
      readonly bodyUsed: boolean;
      bytes(): Promise<Uint8Array>;
      arrayBuffer(): Promise<ArrayBuffer>;
      text(): Promise<string>;
      json(): Promise<any>;
    }

    interface Headers {
      get(name: string): string | null;
      has(name: string): boolean;
      set(name: string, value: string): void;
      append(name: string, value: string): void;
      delete(name: string): void;
      forEach(callback: (value: string, name: string, headers: Headers) => void): void;
      entries(): IterableIterator<[string, string]>;
      [Symbol.iterator](): IterableIterator<[string, string]>;
    }

    /** What `response` makes. */
    interface Outgoing {
      readonly "response of a function": true;
    }

// What can go wrong (remote-datastore 1.4).

import { isObject, type JsonObject } from "./json.js";
import type { Row } from "./row.js";
import type { Status } from "./status.js";

/** One item of `__ERROR` (rest-dialect 4.1). */
export interface RemoteError {
  /** The dialect's number. */
  errCode: number;
  /** In words. */
  message: string;
  /** `dbmg`, `rest`, `ds`. */
  componentSignature: string;
}

/** Why a caller is not accepted. */
export type Reason = "missingKey" | "invalidKey" | "expiredKey" | "hostNotAllowed" | "notLoggedIn";

/** What is not there. */
export type Missing = "dataclass" | "attribute" | "entity" | "entitySet" | "function";

/** Whatever this library throws. `name` is the class, as in all client libraries. */
export class DatastoreError extends Error {
  /** The reference's number: 1610 for `Unreachable`, else the first that the server said. */
  get number(): number | undefined {
    return this.errors[0]?.errCode;
  }

  /** What the server said, root cause first. */
  readonly errors: readonly RemoteError[];

  constructor(name: string, message: string, errors: readonly RemoteError[] = []) {
    super(message);
    // Classes may be renamed by a bundler; the names may not.
    Object.defineProperty(this, "name", { value: name, configurable: true });
    this.errors = errors;
  }
}

/** The server was not reached, or what stands before it could not reach it (1610). */
export class Unreachable extends DatastoreError {
  override get number(): number {
    return 1610;
  }

  constructor(
    /** Name and port. */
    readonly host: string,
    /** In words. */
    override readonly cause: string,
  ) {
    super("Unreachable", `A remote request to host ${host} has failed: ${cause}`);
  }
}

/** The server does not accept who asks. */
export class Unauthorized extends DatastoreError {
  constructor(
    /** Why. */
    readonly reason: Reason,
  ) {
    super("Unauthorized", `The server refuses the caller: ${reason}`);
  }
}

/** The key's role lacks a permission. */
export class PermissionDenied extends DatastoreError {
  constructor(
    /** `read`, `create`, `update`, `drop`, `execute` or `describe`. */
    readonly action: string | undefined,
    /** Of what, when the answer names it. */
    readonly dataclass: string | undefined,
    /** Of which of its attributes, when the answer names it. */
    readonly attribute: string | undefined,
    errors: readonly RemoteError[],
  ) {
    super("PermissionDenied", texts(errors, "The permission is missing."), errors);
  }
}

const NUMBERS: Record<Missing, number> = { dataclass: 1800, attribute: 1500, entity: 1542, entitySet: 1802, function: 1827 };

/** Something that was named is not there. */
export class NotFound extends DatastoreError {
  constructor(
    /** What. */
    readonly kind: Missing,
    errors: readonly RemoteError[],
  ) {
    super("NotFound", texts(errors, `There is no such ${kind}.`), errors);
  }
}

/** Somebody else has changed, locked or deleted the entity: status 2, 3, 5 or 6. Thrown by transactions; `save`, `drop` and `lock` give a status. */
export class Conflict extends DatastoreError {
  readonly status: number | undefined;
  readonly statusText: string | undefined;
  /** Who locked it, as far as the server tells. */
  readonly lockInfo: unknown;

  constructor(
    /** The whole result object. */
    readonly result: Status,
    /** As it is stored now, when the answer says so. */
    readonly entity: Row | undefined,
  ) {
    super("Conflict", result.statusText ?? "The entity could not be saved.", result.errors);
    this.status = result.status;
    this.statusText = result.statusText;
    this.lockInfo = result.lockInfo;
  }
}

/** A value breaks a rule. */
export class Validation extends DatastoreError {
  constructor(
    /** Whose, when the answer names it. */
    readonly attribute: string | undefined,
    errors: readonly RemoteError[],
  ) {
    super("Validation", texts(errors, "A value breaks a rule."), errors);
  }
}

/** A limit is reached: sessions, requests, entity sets. */
export class TooMany extends DatastoreError {
  constructor(
    /** Of what, in the server's words. */
    readonly what: string,
  ) {
    super("TooMany", `Too many: ${what}`);
  }
}

/** The server failed in another way; also what functions throw. */
export class Remote extends DatastoreError {
  constructor(
    /** Of the answer. */
    readonly httpStatus: number,
    errors: readonly RemoteError[],
  ) {
    super("Remote", texts(errors, `The server answered with status ${httpStatus}.`), errors);
  }
}

/** The answer is not what the dialect says. */
export class Protocol extends DatastoreError {
  constructor(
    message: string,
    /** Its beginning, without secrets. */
    readonly excerpt: string,
  ) {
    super("Protocol", `${message}: ${excerpt}`);
  }
}

/**
 * The session ended while entities were locked in it; the locks are gone. Told once. What only reads was not answered, and can be asked again; what
 * writes was executed in a new session, without the locks, and is not to be repeated.
 */
export class SessionLost extends DatastoreError {
  constructor(
    /** Dataclass and key of each entity that was locked. */
    readonly locks: readonly (readonly [string, string])[],
    /** What was asked has been executed all the same. */
    readonly executed = false,
    /** What the call would have given, when it was executed. Without one it would have thrown `cause`. */
    readonly result?: unknown,
    cause?: unknown,
  ) {
    const done = executed ? "; what was asked has been executed all the same, without them" : "";
    super("SessionLost", `The session has ended, and with it the locks of ${locks.map((place) => place.join(" ")).join(", ")}${done}`);
    if (cause !== undefined) Object.defineProperty(this, "cause", { value: cause, configurable: true });
  }
}

/**
 * Goes on with what a write gave. Where the session was lost with it, that is still told, by an error that carries what comes of the write. @internal
 */
export async function afterwards<T, U>(write: Promise<T>, next: (given: T, isLost: boolean) => U | Promise<U>): Promise<U> {
  let given: T;
  try {
    given = await write;
  } catch (error) {
    if (!(error instanceof SessionLost) || !error.executed || error.cause !== undefined) throw error;
    throw await carrying(error.locks, async () => next(error.result as T, true));
  }
  return next(given, false);
}

/** The loss of a session, with what came of the write that it became known by. @internal */
export async function carrying(locks: SessionLost["locks"], work: () => Promise<unknown>): Promise<SessionLost> {
  try {
    return new SessionLost(locks, true, await work());
  } catch (cause) {
    return new SessionLost(locks, true, undefined, cause);
  }
}

/** Does what must be done before the request that is meant: if the session is lost with it, that one has not been sent. @internal */
export async function beforehand<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof SessionLost ? new SessionLost(error.locks) : error;
  }
}

/** The call itself makes no sense, or its entities cannot be told from others; nothing was changed. */
export class Misuse extends DatastoreError {
  constructor(message: string) {
    super("Misuse", message);
  }
}

/** @internal */
export function missing(kind: Missing, message: string): NotFound {
  return new NotFound(kind, [{ errCode: NUMBERS[kind], message, componentSignature: "rest" }]);
}

/** @internal */
export function isMissing(error: unknown, kind: Missing): boolean {
  return error instanceof NotFound && error.kind === kind;
}

/** `__ERROR` of an answer. @internal */
export function errorsOf(body: JsonObject): RemoteError[] {
  const items = body["__ERROR"];
  if (!Array.isArray(items)) return [];
  const text = (value: unknown) => (typeof value === "string" ? value : "");
  return items.filter(isObject).map((item) => ({
    errCode: Number(item["errCode"] ?? 0),
    message: text(item["message"]),
    componentSignature: text(item["componentSignature"]),
  }));
}

/** @internal */
export function texts(errors: readonly RemoteError[], otherwise: string): string {
  return errors.length === 0 ? otherwise : errors.map((error) => `${error.message} (${error.errCode})`).join("; ");
}

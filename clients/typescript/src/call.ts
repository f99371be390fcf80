// Functions of the server (rest-dialect 15).

import { Ask, encoded } from "./ask.js";
import type { MethodInfo } from "./catalog.js";
import type { Connection } from "./connection.js";
import { Entity } from "./entity.js";
import { afterwards, beforehand, Misuse } from "./errors.js";
import { isObject, type Json } from "./json.js";
import type { Kept } from "./kept.js";
import { refined } from "./origin.js";
import { isGap, readPage, readRow } from "./row.js";
import { Selection } from "./selection.js";
import { told } from "./told.js";
import { asArgument } from "./value.js";
import type { Answer } from "./wire.js";

/** What a function is called on. @internal */
export type Target =
  | { of: "dataStore" }
  | { of: "dataclass"; dataclass: string }
  | { of: "entity"; dataclass: string; key: string | null }
  | { of: "selection"; kept: Kept }
  | { of: "singleton"; singleton: string };

/** An HTTP response of a function's own making. */
export class FunctionResponse {
  /** @internal */
  constructor(
    readonly status: number,
    readonly contentType: string | null,
    /** Other headers, without cookies. */
    readonly headers: Record<string, string>,
    /** As it came. */
    readonly body: Uint8Array,
  ) {}

  text(): string {
    return new TextDecoder().decode(this.body);
  }
}

/**
 * A call, sent at once; what is set before the next `await` still counts. It gives what the function gave: a plain value (dates are texts), an
 * entity (one that is not saved is new), a selection, or a `FunctionResponse`.
 */
export class Call<R = any> implements PromiseLike<R> {
  readonly #answer: Promise<R>;
  #byGet = false;
  #select: string | undefined;

  /** @internal */
  constructor(connection: Connection, target: Target, name: string, values: unknown[]) {
    this.#answer = Promise.resolve().then(() => send(connection, target, name, values, this.#byGet, this.#select)) as Promise<R>;
  }

  /** By GET, for functions that allow it; then it is repeated when the server cannot be reached. */
  byGet(): this {
    this.#byGet = true;
    return this;
  }

  /** Only these attributes of the entities that it gives. */
  select(...attributes: string[] | [string[]]): this {
    this.#select = attributes.flat().join(",");
    return this;
  }

  then<A = R, B = never>(done?: ((value: R) => A | PromiseLike<A>) | null, failed?: ((error: unknown) => B | PromiseLike<B>) | null): Promise<A | B> {
    return this.#answer.then(done, failed);
  }

  catch<B>(failed: (error: unknown) => B | PromiseLike<B>): Promise<R | B> {
    return this.#answer.catch(failed);
  }

  finally(done: () => void): Promise<R> {
    return this.#answer.finally(done);
  }
}

async function send(connection: Connection, target: Target, name: string, values: unknown[], byGet: boolean, select: string | undefined): Promise<unknown> {
  const given: Json[] = [];
  for (const value of values) given.push(await beforehand(asArgument(value, connection)));
  const called = (path: string) => (byGet ? Ask.get(path).params(given) : Ask.post(path, given)).calling();
  let ask = (await addressed(connection, target, encoded(name), called, byGet)).with("$attributes", select);
  // A selection that it gives is kept, so that its further pages can be read. With what is no function this would mean something else.
  if (await isListed(connection, target, name)) ask = ask.with("$method", "entityset");
  return afterwards(connection.wire.send(ask), (answer) => read(connection, answer, select));
}

async function addressed(connection: Connection, target: Target, name: string, called: (path: string) => Ask, byGet: boolean): Promise<Ask> {
  switch (target.of) {
    case "dataStore": return called(`$catalog/${name}`);
    case "dataclass": return called(`${encoded(target.dataclass)}/${name}`);
    case "singleton": return called(`$singleton/${encoded(target.singleton)}/${name}`);
    case "entity":
      if (target.key === null) throw new Misuse("The entity is not saved yet.");
      return called(`${connection.access(target.dataclass).address(target.key)}/${name}`);
    case "selection": {
      const { kept } = target;
      const path = `${encoded(kept.access.name)}/${name}`;
      // A filter has `$params` of its own, which a GET needs for the arguments.
      if (kept.origin.of === "query" && !byGet && !kept.hasSet()) return refined(called(path), kept.origin.filter, kept.origin.order);
      return called(`${path}/$entityset/${encoded(await kept.set())}`);
    }
  }
}

/** The catalog has the function. */
async function isListed(connection: Connection, target: Target, name: string): Promise<boolean> {
  const catalog = await connection.catalog();
  const of = (dataclass: string) => catalog.dataClasses.find((info) => info.name === dataclass)?.methods;
  let methods: MethodInfo[] | undefined;
  if (target.of === "dataStore") methods = catalog.methods;
  else if (target.of === "singleton") methods = catalog.singletons.find((singleton) => singleton.name === target.singleton)?.methods;
  else methods = of(target.of === "selection" ? target.kept.access.name : target.dataclass);
  return methods?.some((method) => method.name === name) ?? false;
}

async function read(connection: Connection, answer: Answer, select: string | undefined): Promise<unknown> {
  let body: Json;
  try {
    body = connection.wire.parse(answer);
  } catch {
    return responseOf(answer);
  }
  if (!isObject(body)) return responseOf(answer);
  const error = "__ERROR" in body || "error" in body ? told(answer.status, body, true) : undefined;
  if (error !== undefined) throw error;
  const name = body["__DATACLASS"] ?? body["__entityModel"];
  if (typeof name !== "string") return "result" in body && Object.keys(body).length === 1 ? body["result"] : responseOf(answer);
  if (Array.isArray(body["__ENTITIES"])) {
    const access = await connection.access(name).described();
    const page = readPage(body);
    const sent = page.rows.length;
    // Further pages are as long as the first, which the server has cut.
    const pageSize = sent > 0 && sent < page.count ? sent : Math.max(sent, connection.wire.pageSize);
    const shape = { select, pageSize, isExplained: false };
    const isWhole = page.rows.length === page.count && page.rows.every((row) => !isGap(row));
    const isKeyed = access.info?.key.length === 1;
    return isWhole && page.set === undefined && isKeyed ? Selection.ofRows(access, shape, page.rows) : Selection.known(access, { of: "called" }, shape, page);
  }
  if (!("__STAMP" in body)) return responseOf(answer);
  const access = await connection.access(name).described();
  const row = readRow(body);
  return row.key === null ? Entity.unsaved(access, row) : Entity.read(access, row);
}

function responseOf(answer: Answer): FunctionResponse {
  const headers = Object.fromEntries([...answer.headers].filter(([name]) => name !== "set-cookie"));
  return new FunctionResponse(answer.status, answer.headers.get("content-type"), headers, answer.body);
}

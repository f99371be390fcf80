// Entities as they travel: keys, stamps and values as the wire has them (rest-dialect 5.1, 5.2).

import { Protocol } from "./errors.js";
import { isObject, type Json, type JsonObject, writeJson } from "./json.js";

/** One entity as an answer has it. Values are JSON of the dialect: dates as `4!8!1991`, relations and media deferred. */
export interface Row {
  /** `__KEY`; null for one that is not saved, that was deleted since its set was made, or that is of a view. */
  key: string | null;
  /** `__STAMP`; 0 for one that is not saved. */
  stamp: number;
  /** `__TIMESTAMP`. */
  timestamp?: string;
  /** Attributes by name. */
  values: Map<string, Json>;
}

/** Part of a selection. @internal */
export interface Page {
  /** ID of the entity set that the request made. */
  set: string | undefined;
  /** Size of the whole selection. */
  count: number;
  rows: Row[];
}

/** @internal */
export function blankRow(): Row {
  return { key: null, stamp: 0, values: new Map() };
}

/** As it was parsed: of most entities of a page some values are looked at, so that the map is made when it is used. */
class ParsedRow implements Row {
  key: string | null;
  stamp: number;
  declare timestamp?: string;
  readonly #members: JsonObject;
  #values: Map<string, Json> | undefined;

  constructor(members: JsonObject) {
    const { __KEY: key, __STAMP: stamp, __TIMESTAMP: timestamp } = members;
    this.#members = members;
    this.stamp = typeof stamp === "number" ? stamp : 0;
    const text = keyText(key);
    // A text key may be empty, but not of one that was never saved.
    this.key = text === "" && this.stamp === 0 ? null : text;
    if (typeof timestamp === "string") this.timestamp = timestamp;
  }

  get values(): Map<string, Json> {
    return (this.#values ??= new Map(Object.entries(this.#members).filter(([name]) => isAttribute(name))));
  }

  value(name: string): Json | undefined {
    if (this.#values !== undefined) return this.#values.get(name);
    return isAttribute(name) && Object.hasOwn(this.#members, name) ? this.#members[name] : undefined;
  }
}

function isAttribute(name: string): boolean {
  return !name.startsWith("__");
}

/** From an entity object; members with `__` are not attributes. @internal */
export function readRow(members: JsonObject): Row {
  return new ParsedRow(members);
}

/** One of its values. @internal */
export function valueOf(row: Row, name: string): Json | undefined {
  return row instanceof ParsedRow ? row.value(name) : row.values.get(name);
}

/** Another one with the same values. @internal */
export function copyOf({ key, stamp, timestamp, values }: Row): Row {
  return { key, stamp, ...(timestamp === undefined ? {} : { timestamp }), values: structuredClone(values) };
}

/** The place of an entity that was deleted since the set was made. Rows of a view have no key either, but values. @internal */
export function isGap(row: Row): boolean {
  return row.key === null && row.values.size === 0;
}

/** From an update answer, which also has the entity's address: it is no attribute, unless the dataclass has one of that name. @internal */
export function readSavedRow(members: JsonObject, hasUri: boolean): Row {
  const row = readRow(members);
  if (!hasUri) row.values.delete("uri");
  return row;
}

/** From a selection object. @internal */
export function readPage(body: Json): Page {
  if (!isObject(body) || !Array.isArray(body["__ENTITIES"])) throw new Protocol("The answer is no selection", excerpt(writeJson(body)));
  const { __COUNT: count, __ENTITYSET: uri, __ENTITIES: entities } = body;
  if (typeof count !== "number") throw new Protocol("The selection has no __COUNT", excerpt(writeJson(body)));
  const rows = entities.map((entity) => {
    if (!isObject(entity)) throw new Protocol("The selection holds what is no entity", excerpt(writeJson(entity)));
    return readRow(entity);
  });
  // A deferred address is no set.
  const set = typeof uri === "string" ? /\/\$entityset\/([0-9A-Za-z]+)$/.exec(uri)?.[1] : undefined;
  return { set, count, rows };
}

/** @internal */
export function keyText(key: Json | undefined): string | null {
  if (typeof key === "string") return key;
  return typeof key === "number" || typeof key === "bigint" ? String(key) : null;
}

/** The key of a relation's value, deferred or not. @internal */
export function relatedKey(value: Json | undefined): string | null {
  if (!isObject(value)) return null;
  const deferred = value["__deferred"];
  return keyText((isObject(deferred) ? deferred : value)["__KEY"]);
}

/** The beginning of a text, for errors. @internal */
export function excerpt(text: string): string {
  const signs = [...text.slice(0, 400)];
  return signs.length > 200 || text.length > 400 ? `${signs.slice(0, 200).join("")}…` : text;
}

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

/** From an entity object; members with `__` are not attributes. @internal */
export function readRow(members: JsonObject): Row {
  const row = blankRow();
  for (const [name, value] of Object.entries(members)) {
    if (name === "__KEY") row.key = keyText(value);
    else if (name === "__STAMP") row.stamp = typeof value === "number" ? value : 0;
    else if (name === "__TIMESTAMP" && typeof value === "string") row.timestamp = value;
    else if (!name.startsWith("__")) row.values.set(name, value);
  }
  // A text key may be empty, but not of one that was never saved.
  if (row.key === "" && row.stamp === 0) row.key = null;
  return row;
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

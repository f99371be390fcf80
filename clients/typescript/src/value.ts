// Values of attributes, parameters and arguments, and their JSON (rest-dialect 5.4, 15.4; CL-3).

import type { Access } from "./access.js";
import type { AttributeType } from "./catalog.js";
import { Duration } from "./duration.js";
import { Entity } from "./entity.js";
import { Misuse } from "./errors.js";
import { isObject, type Json, type JsonObject } from "./json.js";
import { Media, Upload } from "./media.js";
import { INNER } from "./members.js";
import { RelatedEntity } from "./related.js";
import { Selection } from "./selection.js";
import { SimpleDate } from "./simple-date.js";

/** From an answer. What does not fit its type stays what it is. Relations are not read here. @internal */
export function readValue(json: Json, type: AttributeType, access: Access): unknown {
  if (json === null) return null;
  if (type === "date" && typeof json === "string") return json === "" || json === "0!0!0" || json === "!!0000-00-00!!" ? null : (dateOf(json) ?? json);
  if (type === "instant" && typeof json === "string") {
    const at = new Date(/^\d{4}-\d\d-\d\dT/.test(json) ? json : NaN);
    return Number.isNaN(at.getTime()) ? json : at;
  }
  if (type === "duration" && typeof json === "number" && Number.isSafeInteger(json)) return new Duration(json);
  if ((type === "image" || type === "blob") && isObject(json)) {
    const deferred = json["__deferred"];
    if (isObject(deferred) && typeof deferred["uri"] === "string") return new Media(access, deferred["uri"], deferred["image"] === true);
  }
  // A copy: what is changed in it is saved when it is assigned, and not before.
  return typeof json === "object" ? structuredClone(json) : json;
}

/** `4!8!1991`, `!!1991-08-04!!`, `1991-08-04`, or an instant whose time does not count. */
function dateOf(given: string): SimpleDate | undefined {
  const text = given.replace(/^!+|!+$/g, "");
  const old = /^(\d+)!(\d+)!(\d+)$/.exec(text);
  try {
    return old === null ? SimpleDate.from(text.slice(0, 10)) : new SimpleDate(Number(old[3]), Number(old[2]), Number(old[1]));
  } catch {
    return undefined;
  }
}

/** As an attribute's value in a body. Bytes stay what they are: they are uploaded when the entity is saved. @internal */
export function written(value: unknown): Json | Uint8Array | Blob {
  if (value instanceof SimpleDate) return `${value.day}!${value.month}!${value.year}`;
  if (value instanceof Upload) return { ID: value.id };
  if (value instanceof Media) return { __deferred: { uri: value.uri, image: value.isImage } };
  if (value instanceof Selection) throw new Misuse("A selection cannot be the value of an attribute.");
  const key = keyOf(value);
  if (key === null) throw new Misuse("An entity that is not saved cannot be the value of a relation.");
  if (key !== undefined) return { __KEY: key };
  if (isBytes(value)) return value;
  return plain(value);
}

/** As a value of `$params`. @internal */
export function asParam(value: unknown): Json {
  if (value instanceof Selection || value instanceof Upload || value instanceof Media || isBytes(value)) {
    throw new Misuse("Selections, images and blobs cannot be compared with.");
  }
  return plain(value);
}

/** As an argument of a function; a selection becomes an entity set, and bytes are uploaded. @internal */
export async function asArgument(value: unknown, to: { upload(bytes: Uint8Array | Blob): Promise<Upload> }): Promise<Json> {
  if (value instanceof Entity) {
    const { access: of, row } = value[INNER];
    const touched = await value[INNER].uploaded(new Map(value[INNER].touched));
    const known: JsonObject = row.key === null ? {} : { __KEY: row.key, __STAMP: row.stamp };
    return { __DATACLASS: of.name, __ENTITY: true, ...known, ...Object.fromEntries(touched) };
  }
  if (value instanceof Selection) return { __ENTITIES: true, __DATASET: await value[INNER].set() };
  if (value instanceof Upload) return { ID: value.id };
  if (isBytes(value)) return { ID: (await to.upload(value)).id };
  if (value instanceof Media) throw new Misuse("An image of the server cannot be an argument.");
  return plain(value);
}

/** Without types of its own: dates as ISO texts, durations as milliseconds, entities as their keys. What JSON does not have is refused. @internal */
export function plain(value: unknown): Json {
  if (value === null || value === undefined) return null;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (typeof value === "string" || typeof value === "boolean" || typeof value === "bigint") return value;
  if (value instanceof SimpleDate) return value.toString();
  if (value instanceof Duration) return value.milliseconds;
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString();
  const key = keyOf(value);
  if (key !== undefined) return key;
  if (Array.isArray(value)) return value.map(plain);
  const hasNoJson = [Selection, Upload, Media, Date].some((type) => value instanceof type) || isBytes(value);
  if (typeof value !== "object" || hasNoJson) throw new Misuse("Infinite numbers, functions, invalid dates, and images or selections within something else cannot be sent.");
  if (value instanceof Map) return Object.fromEntries([...value].map(([name, inner]) => [String(name), plain(inner)]));
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined).map(([name, inner]) => [name, plain(inner)]));
}

/** @internal */
export function isBytes(value: unknown): value is Uint8Array | Blob {
  return value instanceof Uint8Array || (typeof Blob !== "undefined" && value instanceof Blob);
}

/** The key of what is an entity or leads to one; undefined for what does not. */
function keyOf(value: unknown): string | null | undefined {
  if (value instanceof Entity) return value.getKey();
  return value instanceof RelatedEntity ? value.key : undefined;
}

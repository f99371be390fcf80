// What a server exposes (rest-dialect 8).

import { Protocol } from "./errors.js";
import { isObject, type Json, writeJson } from "./json.js";
import { excerpt } from "./row.js";

/** One attribute (rest-dialect 8.4). */
export interface AttributeInfo {
  name: string;
  /** Where its values come from: `storage`, `calculated`, `alias`, `relatedEntity`, `relatedEntities`. */
  kind: string;
  /** `string`, `long`, `date` …; for relations the target's name or its collection's. */
  type: string;
  /** Of dates: without time of day. */
  simpleDate?: boolean;
  /** Of relations and aliases: where they lead. */
  path?: string;
  /** Cannot be written. */
  readOnly: boolean;
  indexed?: boolean;
  unique?: boolean;
  not_null?: boolean;
  /** The server numbers it. */
  autosequence?: boolean;
  /** Part of the primary key. */
  identifying?: boolean;
  /** Of a relatedEntity: the attribute that holds the other's key. */
  foreignKey?: string;
  /** Of relations: the other side. */
  inverseName?: string;
  reversePath?: boolean;
}

/** One function. */
export interface MethodInfo {
  name: string;
  /** `dataStore`, `dataClass`, `entityCollection`, `entity`. */
  applyTo: string;
  /** May be called by GET. */
  allowedOnHTTPGET: boolean;
}

/** One dataclass (`dataClass.getInfo()`). */
export interface DataclassInfo {
  name: string;
  /** `BookSelection`. */
  collectionName: string;
  tableNumber?: number;
  attributes: AttributeInfo[];
  /** Functions of the dataclass, its selections and its entities. */
  methods: MethodInfo[];
  /** Attributes of the primary key. */
  key: { name: string }[];
}

/** The description of everything that the key can see (`$catalog/$all`). */
export interface Catalog {
  /** Name of the application. */
  name: string | undefined;
  dataClasses: DataclassInfo[];
  /** Functions of the datastore. */
  methods: MethodInfo[];
  /** Shared singletons with their functions. */
  singletons: { name: string; methods: MethodInfo[] }[];
  /** What the server does that others do not. */
  properties: {
    /** A deletion compares the stamp that it is sent. */
    supportDeleteStamp: boolean;
  };
}

/** What values an attribute has. @internal */
export type AttributeType =
  | "text" | "uuid" | "bool" | "integer" | "number" | "duration" | "date" | "instant" | "object" | "image" | "blob" | "entity" | "selection" | "other";

const TYPES: Record<string, AttributeType | undefined> = {
  string: "text", text: "text", uuid: "uuid", bool: "bool", byte: "integer", word: "integer", long: "integer", long64: "integer", number: "number",
  duration: "duration", object: "object", collection: "object", image: "image", blob: "blob",
};

/** What values it has; JSON as it comes when it is newer than this library. @internal */
export function typeOf(attribute: AttributeInfo | undefined): AttributeType {
  if (attribute === undefined) return "other";
  if (attribute.kind === "relatedEntity") return "entity";
  if (attribute.kind === "relatedEntities") return "selection";
  if (attribute.type === "date") return attribute.simpleDate === true ? "date" : "instant";
  return Object.hasOwn(TYPES, attribute.type) ? (TYPES[attribute.type] ?? "other") : "other";
}

/** Name of the primary key when it is one attribute. @internal */
export function singleKeyOf(info: DataclassInfo | undefined): string | undefined {
  return info?.key.length === 1 ? info.key[0]?.name : undefined;
}

/** Its keys are texts: comparing does not tell all of them apart, because it reads wildcards and passes over case and accents. @internal */
export function hasTextKey(info: DataclassInfo | undefined): boolean {
  const key = singleKeyOf(info);
  return key !== undefined && typeOf(attributeOf(info, key)) === "text";
}

/** @internal */
export function attributeOf(info: DataclassInfo | undefined, name: string): AttributeInfo | undefined {
  return info?.attributes.find((attribute) => attribute.name === name);
}

/** @internal */
export function methodOf(methods: MethodInfo[] | undefined, name: string, appliesTo: string): MethodInfo | undefined {
  return methods?.find((method) => method.name === name && (method.applyTo === "" || method.applyTo.toLowerCase() === appliesTo.toLowerCase()));
}

/** @internal */
export function readCatalog(body: Json): Catalog {
  if (!isObject(body) || !Array.isArray(body["dataClasses"])) throw new Protocol("The answer is no catalog", excerpt(writeJson(body)));
  const items = (value: Json | undefined) => (Array.isArray(value) ? value.filter(isObject).filter((item) => typeof item["name"] === "string") : []);
  const text = (value: Json | undefined) => (typeof value === "string" ? value : "");
  const methods = (value: Json | undefined): MethodInfo[] =>
    items(value).map((item) => ({ name: text(item["name"]), applyTo: text(item["applyTo"]), allowedOnHTTPGET: item["allowedOnHTTPGET"] === true }));
  return {
    name: text(body["__NAME"]) || undefined,
    dataClasses: items(body["dataClasses"]).map((item) => ({
      name: text(item["name"]),
      collectionName: text(item["collectionName"]),
      ...(typeof item["tableNumber"] === "number" ? { tableNumber: item["tableNumber"] } : {}),
      attributes: items(item["attributes"]).map((attribute) => ({
        ...(attribute as unknown as AttributeInfo),
        kind: text(attribute["kind"]) || "storage",
        type: text(attribute["type"]),
        readOnly: attribute["readOnly"] === true,
      })),
      methods: methods(item["methods"]),
      key: items(item["key"]).map((part) => ({ name: text(part["name"]) })),
    })),
    methods: methods(body["methods"]),
    singletons: items(body["singletons"]).map((item) => ({ name: text(item["name"]), methods: methods(item["methods"]) })),
    properties: { supportDeleteStamp: isObject(body["properties"]) && body["properties"]["supportDeleteStamp"] === true },
  };
}

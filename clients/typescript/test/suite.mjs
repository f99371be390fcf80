// Where the suite of all client libraries is.

import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

import { readJson } from "../dist/json.js";

export const SUITE = fileURLToPath(new URL("../../conformance", import.meta.url));

export function read(path) {
  return readJson(readFileSync(join(SUITE, path), "utf8"));
}

/** The cases of a folder: name, content. */
export function cases(folder) {
  const names = readdirSync(join(SUITE, folder)).filter((name) => name.endsWith(".json") && name !== "catalog.json").sort();
  if (names.length === 0) throw new Error(`${folder} has no cases`);
  return names.map((name) => [basename(name, ".json"), read(`${folder}/${name}`)]);
}

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** Equal, numbers by their value. */
export function equal(found, wanted) {
  if (Array.isArray(found) && Array.isArray(wanted)) return found.length === wanted.length && found.every((item, at) => equal(item, wanted[at]));
  if (isObject(found) && isObject(wanted)) {
    const names = Object.keys(wanted);
    return Object.keys(found).length === names.length && names.every((name) => Object.hasOwn(found, name) && equal(found[name], wanted[name]));
  }
  if (typeof found === "bigint" || typeof wanted === "bigint") return found == wanted && typeof found !== "string" && typeof wanted !== "string";
  return found === wanted;
}

/** Has these members, at any depth; of lists, these items at their beginning. */
export function has(found, wanted) {
  if (isObject(found) && isObject(wanted)) return Object.entries(wanted).every(([name, value]) => Object.hasOwn(found, name) && has(found[name], value));
  if (Array.isArray(found) && Array.isArray(wanted)) return found.length >= wanted.length && wanted.every((item, at) => has(found[at], item));
  return equal(found, wanted);
}

// JSON whose whole numbers keep their digits: beyond 2^53 they are BigInt.

/** What JSON has, with BigInt for whole numbers beyond 2^53. */
export type Json = null | boolean | number | bigint | string | Json[] | { [name: string]: Json };

/** An object of JSON. */
export type JsonObject = { [name: string]: Json };

const TOKEN = /"[^"\\]*(?:\\[^][^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const LARGE = /^-?[1-9]\d{15,}$/;

/** So many digits in a row, each of which stands over one of every so many places: the others need not be looked at. */
function hasDigits(text: string, count: number): boolean {
  for (let at = count - 1; at < text.length; at += count) {
    if (!isDigit(text.charCodeAt(at))) continue;
    let [first, last] = [at, at];
    while (first > 0 && isDigit(text.charCodeAt(first - 1))) first -= 1;
    while (isDigit(text.charCodeAt(last + 1))) last += 1;
    if (last - first + 1 >= count) return true;
  }
  return false;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** @internal */
export function readJson(text: string): Json {
  if (!hasDigits(text, 16)) return JSON.parse(text) as Json;
  // Large numbers travel through the parser as texts behind a mark that the text itself has nowhere, not even written as an escape.
  const lower = text.toLowerCase();
  let code = 0xe000;
  while (lower.includes(String.fromCharCode(code)) || lower.includes(`\\u${code.toString(16)}`)) code += 1;
  const mark = String.fromCharCode(code);
  const marked = text.replace(TOKEN, (token) => (LARGE.test(token) ? `"${mark}${token}"` : token));
  return JSON.parse(marked, (_name, value: unknown) => {
    if (typeof value !== "string" || !value.startsWith(mark)) return value;
    const number = Number(value.slice(1));
    return Number.isSafeInteger(number) ? number : BigInt(value.slice(1));
  }) as Json;
}

/** @internal */
export function writeJson(value: Json): string {
  if (typeof value === "bigint") return value.toString();
  if (Array.isArray(value)) return `[${value.map(writeJson).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    return `{${Object.entries(value).map(([name, inner]) => `${JSON.stringify(name)}:${writeJson(inner)}`).join(",")}}`;
  }
  return JSON.stringify(value) ?? "null";
}

/** @internal */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** JSON for those that know no BigInt: its digits as a text. @internal */
export function withoutBigInt(value: Json): Json {
  if (typeof value === "bigint") return value.toString();
  if (Array.isArray(value)) return value.map(withoutBigInt);
  return isObject(value) ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withoutBigInt(inner)])) : value;
}

/** The same with every text in it changed; names stay. @internal */
export function withTexts(value: Json, change: (text: string) => string): Json {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((item) => withTexts(item, change));
  return isObject(value) ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withTexts(inner, change)])) : value;
}

/** The same JSON: `10n` is `10`. @internal */
export function sameJson(one: Json | undefined, other: Json | undefined): boolean {
  if (Array.isArray(one) && Array.isArray(other)) return one.length === other.length && one.every((item, at) => sameJson(item, other[at]));
  if (isObject(one) && isObject(other)) {
    const names = Object.keys(one);
    return names.length === Object.keys(other).length && names.every((name) => Object.hasOwn(other, name) && sameJson(one[name], other[name]));
  }
  return typeof one === "bigint" || typeof other === "bigint" ? one == other : one === other;
}

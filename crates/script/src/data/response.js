// ---- Answers of another form ----

class Outgoing {
  #parts;
  constructor(parts) { this.#parts = parts; }
  static of(value) { return isObject(value) && #parts in value ? value.#parts : null; }
}
/** Headers as a list of pairs, of an object, pairs or `Headers`. */
const headerPairs = (headers) => {
  if (headers === undefined || headers === null) return [];
  const pairs = typeof headers[Symbol.iterator] === "function" ? Array.from(headers) : Object.entries(headers);
  return pairs.map(([name, value]) => [`${name}`, `${value}`]);
};
/** Bytes of a body, and the type that goes with what it was made of. */
const bodyOf = (body) => {
  if (body === null || body === undefined) return [null, null];
  const bytes = bytesOf(body);
  if (bytes !== null) return [bytes, "application/octet-stream"];
  const encode = (text) => new TextEncoder().encode(text);
  if (typeof body === "string") return [encode(body), "text/plain; charset=utf-8"];
  if (body instanceof URLSearchParams) return [encode(body.toString()), "application/x-www-form-urlencoded;charset=UTF-8"];
  return [encode(JSON.stringify(body, forJson) ?? "null"), "application/json; charset=utf-8"];
};
/** Answers the request with this instead of JSON: a text, bytes, or what can be written as JSON. */
const response = (body, { status = 200, headers } = {}) => {
  if (!Number.isInteger(status) || status < 200 || status > 599) throw new RangeError("a status is a number from 200 to 599");
  const pairs = headerPairs(headers);
  const type = pairs.find(([name]) => name.toLowerCase() === "content-type")?.[1];
  const [bytes, own] = bodyOf(body);
  return freeze(new Outgoing({
    status,
    headers: pairs.filter(([name]) => name.toLowerCase() !== "content-type"),
    body: bytes === null ? "" : toBase64(bytes),
    type: type ?? own ?? "text/plain; charset=utf-8",
  }));
};

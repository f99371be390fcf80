// ---- fetch ----

class Headers {
  #pairs;
  constructor(headers) { this.#pairs = headerPairs(headers); }
  /** All values of a name; null without one. */
  get(name) {
    const found = this.#pairs.filter((pair) => pair[0].toLowerCase() === `${name}`.toLowerCase());
    return found.length === 0 ? null : found.map((pair) => pair[1]).join(", ");
  }
  /** Whether there is one of a name. */
  has(name) { return this.get(name) !== null; }
  /** Puts one in the place of those of the name. */
  set(name, value) {
    this.delete(name);
    this.append(name, value);
  }
  /** Adds one. */
  append(name, value) { this.#pairs.push([`${name}`, `${value}`]); }
  /** Takes those of a name away. */
  delete(name) { this.#pairs = this.#pairs.filter((pair) => pair[0].toLowerCase() !== `${name}`.toLowerCase()); }
  /** Calls a function with the value and name of each. */
  forEach(callback) { for (const [name, value] of this) callback(value, name, this); }
  /** Pairs of name and value. */
  *entries() { for (const [name, value] of this.#pairs) yield [name.toLowerCase(), value]; }
  [Symbol.iterator]() { return this.entries(); }
}
class Response {
  #answer;
  #headers;
  #isUsed = false;
  constructor(answer) {
    this.#answer = answer;
    this.#headers = new Headers(answer.headers);
  }
  /** Whether the status is one of success. */
  get ok() { return this.#answer.status >= 200 && this.#answer.status < 300; }
  get status() { return this.#answer.status; }
  get statusText() { return this.#answer.statusText; }
  get url() { return this.#answer.url; }
  get headers() { return this.#headers; }
  /** Whether the body was read. */
  get bodyUsed() { return this.#isUsed; }
  #take() {
    if (this.#isUsed) throw new TypeError("the body was read already");
    this.#isUsed = true;
    return fromBase64(this.#answer.body ?? "");
  }
  /** The body's bytes. */
  async bytes() { return this.#take(); }
  /** The body's bytes. */
  async arrayBuffer() { return this.#take().buffer; }
  /** The body as text. */
  async text() { return new TextDecoder().decode(this.#take()); }
  /** The body as JSON. */
  async json() { return JSON.parse(new TextDecoder().decode(this.#take())); }
}
/** Asks another server; only hosts that the operator allows. */
const fetch = async (address, { method = "GET", headers, body, redirect = "follow" } = {}) => {
  const pairs = headerPairs(headers);
  const [bytes, type] = bodyOf(body);
  if (bytes !== null && !pairs.some(([name]) => name.toLowerCase() === "content-type")) pairs.push(["content-type", type]);
  let answer;
  try {
    answer = host("fetch", `${address}`, { method: `${method}`.toUpperCase(), headers: pairs, body: bytes === null ? null : toBase64(bytes), redirect: `${redirect}` });
  } catch (error) {
    if (isLimit(error)) throw error;
    // As on the web, what keeps an answer from coming is a TypeError.
    const failed = new TypeError(error.message);
    if (error.errCode !== undefined) failed.errCode = error.errCode;
    throw failed;
  }
  if (!isObject(answer) || !Number.isInteger(answer.status) || !Array.isArray(answer.headers)) wrongAnswer();
  return new Response(answer);
};

// ---- URL ----

const serialise = (text) =>
  Array.from(native.encode(`${text}`.toWellFormed()), (byte) =>
    byte === 32 ? "+" : /[A-Za-z0-9*._-]/.test(String.fromCharCode(byte)) ? String.fromCharCode(byte) : "%" + hex([byte]).toUpperCase()).join("");
const unescaped = (text) => {
  const bytes = [];
  const source = native.encode(text.replaceAll("+", " ").toWellFormed());
  for (let at = 0; at < source.length; at++) {
    const code = source[at] === 37 ? String.fromCharCode(source[at + 1] ?? 0, source[at + 2] ?? 0) : "";
    if (/^[0-9a-fA-F]{2}$/.test(code)) {
      bytes.push(parseInt(code, 16));
      at += 2;
    } else bytes.push(source[at]);
  }
  return decode(new Uint8Array(bytes), false);
};
let attach;
class URLSearchParams {
  #pairs = [];
  #changed = () => {};
  static { attach = (params, changed) => { params.#changed = changed; return (text) => { params.#pairs = params.#read(text); }; }; }
  #read(text) {
    return text.replace(/^\?/, "").split("&").filter((part) => part !== "").map((part) => {
      const at = part.indexOf("=");
      return at < 0 ? [unescaped(part), ""] : [unescaped(part.slice(0, at)), unescaped(part.slice(at + 1))];
    });
  }
  constructor(init = "") {
    if (typeof init === "object" && init !== null)
      for (const [name, value] of typeof init[Symbol.iterator] === "function" ? init : Object.entries(init)) this.#pairs.push([`${name}`, `${value}`]);
    else this.#pairs = this.#read(`${init}`);
  }
  get size() { return this.#pairs.length; }
  append(name, value) { this.#pairs.push([`${name}`, `${value}`]); this.#changed(); }
  delete(name) { this.#pairs = this.#pairs.filter((pair) => pair[0] !== `${name}`); this.#changed(); }
  get(name) { return this.#pairs.find((pair) => pair[0] === `${name}`)?.[1] ?? null; }
  getAll(name) { return this.#pairs.filter((pair) => pair[0] === `${name}`).map((pair) => pair[1]); }
  has(name) { return this.#pairs.some((pair) => pair[0] === `${name}`); }
  set(name, value) {
    const at = this.#pairs.findIndex((pair) => pair[0] === `${name}`);
    if (at < 0) return this.append(name, value);
    this.#pairs = this.#pairs.filter((pair, index) => index <= at || pair[0] !== `${name}`);
    this.#pairs[at] = [`${name}`, `${value}`];
    this.#changed();
  }
  sort() { this.#pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)); this.#changed(); }
  forEach(callback, self) { for (const [name, value] of this) Reflect.apply(callback, self, [value, name, this]); }
  *entries() { for (const [name, value] of this.#pairs) yield [name, value]; }
  *keys() { for (const [name] of this.#pairs) yield name; }
  *values() { for (const pair of this.#pairs) yield pair[1]; }
  [Symbol.iterator]() { return this.entries(); }
  toString() { return this.#pairs.map(([name, value]) => `${serialise(name)}=${serialise(value)}`).join("&"); }
}
define(globalThis, "URLSearchParams", URLSearchParams);
const parts = (text, base, part, value) => {
  const found = native.url(`${text}`.toWellFormed(), base === undefined ? null : `${base}`.toWellFormed(), part ?? null, value ?? null);
  return found === undefined ? null : JSON.parse(found);
};
class URL {
  #parts;
  #params = new URLSearchParams();
  #reread = attach(this.#params, () => {
    const text = this.#params.toString();
    this.#parts = parts(this.#parts.href, undefined, "search", text);
  });
  constructor(text, base) {
    this.#parts = parts(text, base);
    if (this.#parts === null) throw new TypeError(`Invalid URL: ${text}`);
    this.#reread(this.#parts.search);
  }
  static canParse(text, base) { return parts(text, base) !== null; }
  static #set(url, part, value) {
    url.#parts = parts(url.#parts.href, undefined, part, `${value}`.toWellFormed()) ?? url.#parts;
    url.#reread(url.#parts.search);
  }
  get href() { return this.#parts.href; }
  set href(value) {
    const found = parts(value);
    if (found === null) throw new TypeError(`Invalid URL: ${value}`);
    this.#parts = found;
    this.#reread(found.search);
  }
  get origin() { return this.#parts.origin; }
  get searchParams() { return this.#params; }
  toString() { return this.#parts.href; }
  toJSON() { return this.#parts.href; }
  static {
    for (const part of ["protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "hash"])
      Object.defineProperty(URL.prototype, part, {
        get() { return this.#parts[part]; },
        set(value) { URL.#set(this, part, value); },
        enumerable: true,
        configurable: true,
      });
  }
}
define(globalThis, "URL", URL);

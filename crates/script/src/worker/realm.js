// What surrounds the modules of functions: their globals, and the few functions by which the worker runs them.
//
// All that a call can reach from here is frozen before any module runs, so that no call finds what another has changed. The rest is in variables
// that nothing outside can reach, and begins anew with each call.
(function (native) {
  "use strict";

  const define = (target, name, value) =>
    Object.defineProperty(target, name, { value, writable: true, enumerable: false, configurable: true });

  // ---- No way to make code out of text, nothing that outlives a call, nothing that waits in the engine itself ----

  const refused = function () { throw new TypeError("code cannot be made out of text"); };
  for (const made of [function () {}, async function () {}, function* () {}, async function* () {}])
    Object.defineProperty(Object.getPrototypeOf(made), "constructor", { value: refused });
  Object.defineProperty(refused, "prototype", { value: Function.prototype });
  define(globalThis, "Function", refused);
  for (const name of ["eval", "SharedArrayBuffer", "Atomics", "WeakRef", "FinalizationRegistry", "performance"]) delete globalThis[name];
  // The engine keeps what is assigned to these where freezing does not reach.
  for (const name of ["prepareStackTrace", "stackTraceLimit", "captureStackTrace"]) delete Error[name];

  // ---- console ----

  const show = (value) => {
    if (typeof value === "string") return value;
    if (value instanceof Error) return value.stack ? `${value}\n${value.stack}` : String(value);
    if (typeof value === "object" && value !== null) {
      try {
        return JSON.stringify(value) ?? String(value);
      } catch {
        return Object.prototype.toString.call(value);
      }
    }
    return String(value);
  };
  const console = {};
  for (const level of ["log", "info", "debug", "warn", "error"])
    define(console, level, (...values) => native.write(level, values.map(show).join(" ").toWellFormed()));
  define(globalThis, "console", console);

  // ---- crypto ----

  const integers = [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, BigInt64Array, BigUint64Array];
  const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const random = (count) => new Uint8Array(native.random(count));
  define(globalThis, "crypto", {
    getRandomValues(array) {
      if (!integers.some((kind) => array instanceof kind)) throw new DOMException("an array of integers is needed", "TypeMismatchError");
      if (array.byteLength > 65536) throw new DOMException("more than 65536 bytes", "QuotaExceededError");
      new Uint8Array(array.buffer, array.byteOffset, array.byteLength).set(random(array.byteLength));
      return array;
    },
    randomUUID() {
      const bytes = random(16);
      bytes[6] = (bytes[6] & 0x0f) | 0x40;
      bytes[8] = (bytes[8] & 0x3f) | 0x80;
      return hex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
    },
  });

  // ---- TextEncoder, TextDecoder ----

  const decode = (bytes, fatal) => {
    let characters = "";
    for (let at = 0; at < bytes.length; at += 8192) characters += String.fromCharCode(...bytes.subarray(at, at + 8192));
    return native.decode(characters, fatal) ?? null;
  };
  define(globalThis, "TextEncoder", class TextEncoder {
    get encoding() { return "utf-8"; }
    encode(text = "") { return new Uint8Array(native.encode(`${text}`.toWellFormed())); }
  });
  define(globalThis, "TextDecoder", class TextDecoder {
    #fatal;
    #ignoreBOM;
    constructor(label = "utf-8", { fatal = false, ignoreBOM = false } = {}) {
      if (!/^\s*(utf-?8|unicode-1-1-utf-8)\s*$/i.test(label)) throw new RangeError(`no such encoding: ${label}`);
      this.#fatal = Boolean(fatal);
      this.#ignoreBOM = Boolean(ignoreBOM);
    }
    get encoding() { return "utf-8"; }
    get fatal() { return this.#fatal; }
    get ignoreBOM() { return this.#ignoreBOM; }
    decode(bytes = new Uint8Array(0)) {
      const view = ArrayBuffer.isView(bytes) ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) : new Uint8Array(bytes);
      const text = decode(view, this.#fatal);
      if (text === null) throw new TypeError("the bytes are no UTF-8");
      return !this.#ignoreBOM && text.startsWith("\ufeff") ? text.slice(1) : text;
    }
  });

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

  // ---- structuredClone ----

  const errors = { Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };
  const clone = (value, seen) => {
    if (typeof value === "function" || typeof value === "symbol") throw new DOMException("functions and symbols cannot be cloned", "DataCloneError");
    if (typeof value !== "object" || value === null) return value;
    if (seen.has(value)) return seen.get(value);
    const keep = (copy) => { seen.set(value, copy); return copy; };
    if (value instanceof Date) return keep(new Date(value.getTime()));
    if (value instanceof RegExp) return keep(new RegExp(value.source, value.flags));
    if (value instanceof Boolean || value instanceof Number || value instanceof String || value instanceof BigInt) return keep(Object(value.valueOf()));
    if (value instanceof ArrayBuffer) return keep(value.slice(0));
    if (ArrayBuffer.isView(value)) {
      const buffer = clone(value.buffer, seen);
      return keep(new value.constructor(buffer, value.byteOffset, value instanceof DataView ? value.byteLength : value.length));
    }
    if (value instanceof Map) {
      const copy = keep(new Map());
      for (const [key, item] of value) copy.set(clone(key, seen), clone(item, seen));
      return copy;
    }
    if (value instanceof Set) {
      const copy = keep(new Set());
      for (const item of value) copy.add(clone(item, seen));
      return copy;
    }
    if (value instanceof Error) {
      const copy = keep(new (errors[value.name] ?? Error)(value.message));
      if ("cause" in value) define(copy, "cause", clone(value.cause, seen));
      return copy;
    }
    if (value instanceof Promise || value instanceof WeakMap || value instanceof WeakSet)
      throw new DOMException("promises and weak collections cannot be cloned", "DataCloneError");
    const copy = keep(Array.isArray(value) ? new Array(value.length) : {});
    for (const key of Object.keys(value))
      Object.defineProperty(copy, key, { value: clone(value[key], seen), writable: true, enumerable: true, configurable: true });
    return copy;
  };
  define(globalThis, "structuredClone", (value) => clone(value, new Map()));

  // ---- The running call ----

  /** What belongs to one call and is gone with it. */
  const fresh = () => ({ exports: new Map(), globals: [], instance: null, timers: [], lastTimer: 0 });
  let call = fresh();

  define(globalThis, "setTimeout", (callback, delay = 0, ...values) => {
    if (typeof callback !== "function") throw new TypeError("setTimeout needs a function");
    const timer = { id: ++call.lastTimer, due: native.now() + Math.max(0, Number(delay) || 0), callback, values };
    call.timers.push(timer);
    return timer.id;
  });
  define(globalThis, "clearTimeout", (id) => {
    call.timers = call.timers.filter((timer) => timer.id !== id);
  });

  // ---- Freezing ----

  /** Own properties of these are assigned on other objects by ordinary code (`error.name = …`), which a frozen prototype would refuse. */
  const assigned = [Object.prototype, ...[Error, ...Object.values(errors), AggregateError, InternalError].map((error) => error.prototype)];
  const letAssign = (holder) => {
    for (const key of Reflect.ownKeys(holder)) {
      const { value, writable, enumerable } = Object.getOwnPropertyDescriptor(holder, key);
      if (!writable) continue;
      Object.defineProperty(holder, key, {
        get: () => value,
        set(next) {
          if (this === holder) throw new TypeError(`${String(key)} cannot be changed`);
          Object.defineProperty(this, key, { value: next, writable: true, enumerable: true, configurable: true });
        },
        enumerable,
        configurable: false,
      });
    }
  };
  const freezeAll = () => {
    for (const name of ["toString", "constructor"]) {
      const value = Function.prototype[name];
      Object.defineProperty(Function.prototype, name, {
        get: () => value,
        set(next) {
          if (this === Function.prototype) throw new TypeError(`${name} cannot be changed`);
          Object.defineProperty(this, name, { value: next, writable: true, enumerable: true, configurable: true });
        },
        configurable: false,
      });
    }
    assigned.forEach(letAssign);
    const seen = new Set([globalThis]);
    const waiting = [];
    const reach = (value) => {
      if (((typeof value === "object" && value !== null) || typeof value === "function") && !seen.has(value)) {
        seen.add(value);
        waiting.push(value);
      }
    };
    // What no global leads to.
    const hidden = [
      [][Symbol.iterator](), ""[Symbol.iterator](), new Map().keys(), new Set().keys(), "".matchAll(/x/g), (function* () {})(),
      (async function* () {})(), async () => {}, function* () {}, async function* () {}, Iterator.from({ next() {} }), [].values().map((x) => x),
      new Proxy(class {}, {}), new URLSearchParams().entries(), Object.getPrototypeOf(Uint8Array), arguments,
    ];
    hidden.forEach((value) => reach(Object.getPrototypeOf(value)));
    for (const key of Reflect.ownKeys(globalThis)) {
      const { value } = Object.getOwnPropertyDescriptor(globalThis, key);
      reach(value);
      Object.defineProperty(globalThis, key, { writable: false, configurable: false });
    }
    for (let object; (object = waiting.pop()) !== undefined; ) {
      Object.freeze(object);
      reach(Object.getPrototypeOf(object));
      for (const key of Reflect.ownKeys(object)) {
        const { value, get, set } = Object.getOwnPropertyDescriptor(object, key);
        [value, get, set].forEach(reach);
      }
    }
    return new Set(Reflect.ownKeys(globalThis));
  };

  // ---- What the worker calls ----

  const modules = new Map();
  const classes = new Map();
  let names = [];
  let prelude = null;
  let globals = null;

  const load = (path) => {
    let exported = call.exports.get(path);
    if (exported === undefined) {
      exported = Object.freeze(modules.get(path)(load, ...call.globals));
      call.exports.set(path, exported);
    }
    return exported;
  };
  const host = (operation, ...values) => JSON.parse(native.host(`${operation}`, JSON.stringify(values)));
  const begin = (caller) => {
    call = fresh();
    if (prelude !== null) {
      const made = prelude(host, JSON.parse(caller));
      call.globals = names.map((name) => made.globals[name]);
      call.instance = made.instance ?? null;
    }
  };
  const descriptor = (start, name) => {
    for (let holder = start; holder !== null && holder !== Object.prototype; holder = Object.getPrototypeOf(holder)) {
      const found = Object.getOwnPropertyDescriptor(holder, name);
      if (found !== undefined) return found;
    }
    return {};
  };
  const make = (kind, name, Class, data) => {
    if (call.instance !== null) return call.instance(kind, name, Class, data);
    const made = Object.create(Class.prototype);
    for (const key of Object.keys(data ?? {}))
      Object.defineProperty(made, key, { value: data[key], writable: true, enumerable: true, configurable: true });
    return made;
  };
  const act = (action, Class, name, self, values) => {
    const of = (list) => Object.getOwnPropertyDescriptor(list ?? {}, name)?.value;
    const member = descriptor(Class.prototype, name);
    const code = { function: member.value, get: member.get, set: member.set, query: of(Class.query), orderBy: of(Class.orderBy) }[action];
    if (typeof code !== "function") throw new TypeError(`there is no ${action} ${name}`);
    const result = Reflect.apply(code, action === "query" || action === "orderBy" ? Class : self, values);
    return action === "set" ? self : result;
  };
  const texts = (value) => Array.isArray(value) && value.every((item) => typeof item === "string");
  const members = (list) => Object.keys(list ?? {});

  return {
    /** Everything is in place but the modules. */
    seal() { globals = freezeAll(); },
    prelude(made, list) { prelude = made; names = list; },
    module(path, made) { modules.set(path, made); },
    /** What the modules export, as JSON for `registry.rs`. */
    describe() {
      begin("null");
      const found = [];
      for (const path of modules.keys()) {
        for (const [name, value] of Object.entries(load(path))) {
          const isClass = typeof value === "function" && Function.prototype.toString.call(value).startsWith("class");
          const about = { path, name, isClass, singleton: null, wrong: [], exposed: [], onHttpGet: [], events: [], types: {}, query: [], orderBy: [] };
          const methods = new Set(), getters = new Set(), setters = new Set();
          if (isClass) {
            about.singleton = value.singleton === undefined ? null : String(value.singleton);
            for (const list of ["exposed", "onHttpGet", "events"]) {
              if (value[list] === undefined) continue;
              if (texts(value[list])) about[list] = [...value[list]];
              else about.wrong.push(list);
            }
            if (value.types !== undefined) {
              if (texts(Object.values(Object(value.types)))) about.types = { ...value.types };
              else about.wrong.push("types");
            }
            for (const list of ["query", "orderBy"]) {
              about[list] = members(value[list]);
              if (!about[list].every((key) => typeof value[list][key] === "function")) about.wrong.push(list);
            }
            for (let holder = value.prototype; holder !== null && holder !== Object.prototype; holder = Object.getPrototypeOf(holder)) {
              for (const [key, has] of Object.entries(Object.getOwnPropertyDescriptors(holder))) {
                if (key === "constructor" || methods.has(key) || getters.has(key) || setters.has(key)) continue;
                if (typeof has.value === "function") methods.add(key);
                if (has.get) getters.add(key);
                if (has.set) setters.add(key);
              }
            }
          }
          found.push({ ...about, methods: [...methods], getters: [...getters], setters: [...setters] });
        }
      }
      return JSON.stringify(found);
    },
    /** Tells which classes there are, once they have been looked at. */
    register(list) { for (const [name, kind, path] of JSON.parse(list)) classes.set(name, { kind, path }); },
    /** Begins a call; what it gives may be a promise. */
    invoke(action, name, member, self, each, values, caller) {
      begin(caller);
      const { kind, path } = classes.get(name) ?? {};
      if (path === undefined) throw new TypeError(`there is no class ${name}`);
      const Class = load(path)[name];
      const run = (data) => act(action, Class, member, make(kind, name, Class, data), JSON.parse(values));
      const data = JSON.parse(self);
      if (!each) return run(data);
      const results = data.map(run);
      return results.some((result) => result instanceof Promise) ? Promise.all(results) : results;
    },
    /** A result as JSON. */
    answer(value) { return JSON.stringify(value) ?? "null"; },
    /** What was thrown, as JSON. Its members may be code of the call. */
    thrown(value) {
      const text = (part) => (part === undefined || part === null ? "" : String(part)).toWellFormed();
      if ((typeof value !== "object" && typeof value !== "function") || value === null)
        return JSON.stringify({ name: "Error", message: String(value).toWellFormed(), stack: "" });
      const code = value.errCode;
      return JSON.stringify({
        name: text(value.name) || "Error",
        message: text(value.message),
        code: Number.isSafeInteger(code) ? code : null,
        stack: value instanceof Error ? text(value.stack) : "",
      });
    },
    /** Milliseconds until the next timer; -1 without. */
    wait() {
      let first = null;
      for (const timer of call.timers) if (first === null || timer.due < first.due) first = timer;
      return first === null ? -1 : Math.max(0, first.due - native.now());
    },
    /** Runs the timer that `wait` meant. */
    fire() {
      let first = null;
      for (const timer of call.timers) if (first === null || timer.due < first.due) first = timer;
      call.timers = call.timers.filter((timer) => timer !== first);
      Reflect.apply(first.callback, undefined, first.values);
    },
    /** Forgets the call. False when it left something behind that cannot be taken away. */
    end() {
      call = fresh();
      let isClean = Object.isExtensible(globalThis) && Object.getPrototypeOf(globalThis) === Object.prototype;
      const keys = Reflect.ownKeys(globalThis);
      if (keys.length !== globals.size) for (const key of keys) if (!globals.has(key)) isClean = Reflect.deleteProperty(globalThis, key) && isClean;
      return isClean;
    },
  };
})

// A request before it is sent, and its spelling (rest-dialect 2).

import { type Json, readJson, writeJson } from "./json.js";

/** What is sent along. @internal */
export type Body = { bytes: Uint8Array | string; type: string };

/** One request; what is added makes another one. @internal */
export class Ask {
  private constructor(
    readonly method: "GET" | "POST",
    /** Begins with `/rest/`; encoded. */
    readonly path: string,
    /** Encoded. */
    readonly query: string,
    readonly body: Body | undefined,
    /** A function is called: what is not found may be it. */
    readonly calls: boolean,
  ) {}

  /** Below `/rest/`: names are encoded by `encoded` and `keyed`. */
  static get(path: string): Ask {
    return new Ask("GET", `/rest/${path}`, "", undefined, false);
  }

  static post(path: string, body?: Json): Ask {
    return new Ask("POST", `/rest/${path}`, "", body === undefined ? undefined : { bytes: writeJson(body), type: "application/json" }, false);
  }

  /** What a deferred object names; it is used as it is. Nothing when it leads elsewhere. */
  static uri(uri: string): Ask | undefined {
    if (!uri.startsWith("/rest/")) return undefined;
    const end = uri.indexOf("?");
    return end < 0 ? new Ask("GET", uri, "", undefined, false) : new Ask("GET", uri.slice(0, end), uri.slice(end + 1), undefined, false);
  }

  /** One more parameter; none when it has no value. */
  with(name: string, value: string | undefined): Ask {
    if (value === undefined) return this;
    const pair = `${name}=${encoded(value)}`;
    return new Ask(this.method, this.path, this.query === "" ? pair : `${this.query}&${pair}`, this.body, this.calls);
  }

  /** A text that is read as one value whatever it holds. */
  quoted(name: string, text: string): Ask {
    const quote = text.includes('"') && !text.includes("'") ? "'" : '"';
    return this.with(name, `${quote}${text}${quote}`);
  }

  /** A JSON array between `'`; apostrophes within are written as escapes. */
  params(values: Json[]): Ask {
    return this.with("$params", `'${writeJson(values).replaceAll("'", "\\u0027")}'`);
  }

  calling(): Ask {
    return new Ask(this.method, this.path, this.query, this.body, true);
  }

  sending(bytes: Uint8Array, type: string): Ask {
    return new Ask(this.method, this.path, this.query, { bytes, type }, this.calls);
  }

  /** It reaches the entities of a set, so that some may be changed and others refused. */
  isOfMany(): boolean {
    return this.path.includes("/$entityset/");
  }

  /** Whether its path would be read as another one: no name of a model is `..`, and what a server names stays below `/rest/`. */
  leadsElsewhere(): boolean {
    const path = this.path.toLowerCase().replaceAll("%2e", ".");
    return /[\\\t\r\n]/.test(path) || path.split("/").some((segment) => segment === "." || segment === "..");
  }

  /** Path and query. A `#` of a server's address would cut it off. */
  target(): string {
    return (this.query === "" ? this.path : `${this.path}?${this.query}`).replaceAll("#", "%23");
  }
}

/** A text as part of a path or query; only unreserved characters stay. @internal */
export function encoded(text: string): string {
  const whole = text.replace(/\p{Surrogate}/gu, "\ufffd");
  return encodeURIComponent(whole).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** `Book(12)`, `Country(%22FR%22)`, `PlaylistTrack[1,3402]` (rest-dialect 2.3). `isSingle`: keys are known to be of one attribute, so that `[1]` is a text. @internal */
export function keyed(dataclass: string, key: string, isSingle: boolean): string {
  const name = encoded(dataclass);
  if (!isSingle && key.startsWith("[")) {
    const parts = partsOf(key);
    if (parts !== undefined) return `${name}[${parts.map((part) => encoded(writeJson(part))).join(",")}]`;
  }
  return /^-?[0-9]+$/.test(key) ? `${name}(${key})` : `${name}(${encoded(`"${key}"`)})`;
}

function partsOf(key: string): Json[] | undefined {
  try {
    const parts = readJson(key);
    return Array.isArray(parts) ? parts : undefined;
  } catch {
    return undefined;
  }
}

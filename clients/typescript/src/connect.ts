// How a datastore is reached (remote-datastore 1.2).

import { type Endpoint, endpointOf } from "./endpoint.js";
import { Misuse } from "./errors.js";

/** The reference's object: where the datastore is, and who asks. */
export interface ConnectionInfo {
  /** The address; with a scheme, the scheme decides about TLS. */
  hostname: string;
  /** The secret. It comes before `user`. */
  "api-key"?: string;
  /** On servers that have users. */
  user?: string;
  password?: string;
  /** Ignored, with a warning. */
  passwordAlgorithm?: string;
  /** Minutes without a request after which the session of a user ends; at least 60. */
  idleTimeout?: number;
  /** HTTPS, where `hostname` has no scheme. By default on, except for the machine itself. */
  tls?: boolean;
  type?: "4D Server";
}

/** How patiently, and with what. All of it may be left out. */
export interface OpenOptions {
  /** Asks nothing before something is used. */
  lazy?: boolean;
  /** A connection that the alias already has is closed and made anew. */
  replace?: boolean;
  /** How long one request may take in all, in milliseconds; 30,000. */
  requestTimeout?: number;
  /** How often a GET is repeated when the server cannot be reached; 3. */
  retries?: number;
  /** How long to wait before the first repetition (then twice as long, and so on), in milliseconds; 200. */
  retryDelay?: number;
  /** The longest answer that is read, in bytes; 256 MiB. */
  largestAnswer?: number;
  /** Entities that are asked for at once; 100. */
  pageSize?: number;
  /** `false`: every request says `NoSession-4D`, and no cookie is kept. Locks then belong to the key. */
  session?: boolean;
  /** In browsers: whether cookies go to another origin. `same-origin` by default. */
  credentials?: "omit" | "same-origin" | "include";
  /** Another `fetch`: for proxies, certificates and time limits of your own. */
  fetch?: typeof globalThis.fetch;
  /** The clock of the request log. */
  clock?: () => Date;
  /** Where warnings go; `console.warn`. They are kept in `warnings()` anyway. */
  warn?: (text: string) => void;
}

/** Who asks. The secret is shown to nobody who prints it. @internal */
export class Credential {
  readonly #secret: string;

  constructor(readonly kind: "key" | "user" | "nobody", readonly user: string, secret: string, readonly minutes: number) {
    this.#secret = secret;
  }

  reveal(): string {
    return this.#secret;
  }

  is(other: Credential): boolean {
    return this.kind === other.kind && this.user === other.user && this.#secret === other.#secret;
  }
}

/** What was read of a connection object. @internal */
export interface Connect {
  endpoint: Endpoint;
  credential: Credential;
  idleMinutes: number;
  warnings: string[];
}

/** Errors and warnings never repeat a value. @internal */
export function readConnectionInfo(info: unknown, tlsByDefault?: boolean): Connect {
  if (typeof info !== "object" || info === null || Array.isArray(info)) throw new Misuse("The connection information is not an object.");
  const texts: Record<"hostname" | "api-key" | "user" | "password", string | undefined> = { hostname: undefined, "api-key": undefined, user: undefined, password: undefined };
  const warnings: string[] = [];
  let tls: boolean | undefined;
  let idleMinutes = 60;
  for (const [name, value] of Object.entries(info)) {
    if (value === null || value === undefined) continue;
    if (name === "hostname" || name === "api-key" || name === "user" || name === "password") {
      if (typeof value !== "string") throw new Misuse(`\`${name}\` is not a text.`);
      texts[name] = value;
    } else if (name === "tls") {
      if (typeof value !== "boolean") throw new Misuse("`tls` is not a boolean.");
      tls = value;
    } else if (name === "idleTimeout") {
      if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) throw new Misuse("`idleTimeout` is no number of minutes.");
      idleMinutes = Math.max(60, value);
    } else if (name === "type") {
      if (value !== "4D Server") throw new Misuse('`type` must be "4D Server".');
    } else if (name === "passwordAlgorithm") {
      warnings.push("`passwordAlgorithm` is ignored.");
    } else {
      warnings.push(`The property \`${name}\` is not known and was ignored.`);
    }
  }
  const endpoint = endpointOf(texts.hostname ?? "", tls, tlsByDefault);
  const { "api-key": key, user } = texts;
  if (key !== undefined && user !== undefined) warnings.push("`api-key` and `user` were both given; the key is used.");
  return { endpoint, credential: credentialOf(key, user, texts.password ?? "", idleMinutes), idleMinutes, warnings };
}

function credentialOf(key: string | undefined, user: string | undefined, password: string, minutes: number): Credential {
  if (key === undefined) return new Credential(user === undefined ? "nobody" : "user", user ?? "", password, minutes);
  const secret = key.trim();
  // An HTTP library would repeat it in its error.
  if (!/^[\x21-\x7e]*$/.test(secret)) throw new Misuse("The API key holds characters that cannot be sent.");
  return new Credential("key", "", secret, minutes);
}

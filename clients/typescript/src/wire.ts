// Requests and answers: header, session, time limit, repetition, log (remote-datastore 2, 5, CL-4 to CL-7).

import { Ask, encoded } from "./ask.js";
import type { Connect, Credential, OpenOptions } from "./connect.js";
import type { Endpoint } from "./endpoint.js";
import { afterwards, type DatastoreError, Misuse, NotFound, Protocol, SessionLost, Unauthorized, Unreachable } from "./errors.js";
import type { Place } from "./farewell.js";
import { isObject, type Json, readJson, withTexts } from "./json.js";
import { Logbook } from "./log.js";
import { Mutex } from "./mutex.js";
import { excerpt } from "./row.js";
import { cookieHeader, Session, type Sent } from "./session.js";
import { isRefusedAtTheGate, told } from "./told.js";

/** Members of an answer that tell of errors, and of one that failed. */
const OF_ERRORS = ["__ERROR", "__STATUS"];
const OF_FAILURES = [...OF_ERRORS, "error"];
const DECODER = new TextDecoder();

/** What came back. @internal */
export interface Answer {
  status: number;
  headers: Headers;
  body: Uint8Array;
  /** It was given in a session that is not kept. */
  isElsewhere: boolean;
  /** It was given in another session than the one that was sent. */
  isInAnother: boolean;
}

/** An answer, and which locks are gone when it is that of a write. */
interface Sending {
  answer: Answer;
  lost: SessionLost["locks"];
}

/** The way to one server: one session, one log. @internal */
export class Wire {
  readonly endpoint: Endpoint;
  readonly credential: Credential;
  readonly session = new Session();
  readonly log = new Logbook();
  readonly pageSize: number;
  isClosed = false;
  readonly #options: OpenOptions;
  /** The first request goes alone, so that there is one session and not several. */
  readonly #opening = new Mutex();
  /** Whoever logs in does so alone. */
  readonly #loggingIn = new Mutex();
  readonly #farewells = new Mutex();
  #sets: string[] = [];
  #locks: (Place & { generation: number })[] = [];
  /** Locks that went with a session, and nobody was told. */
  #untold: SessionLost["locks"] = [];
  /** The session is being ended: nothing is waited for any more. */
  #isLeaving = false;

  constructor(connect: Connect, options: OpenOptions) {
    this.endpoint = connect.endpoint;
    this.credential = connect.credential;
    this.#options = options;
    this.pageSize = Math.max(1, Math.trunc(options.pageSize ?? 100));
  }

  /** The body as JSON; whatever the answer tells of errors is an error. */
  json(ask: Ask, isBeside = false): Promise<Json> {
    return afterwards(this.send(ask, isBeside), (answer) => {
      const body = this.parse(answer);
      const error = told(answer.status, body, ask.calls);
      if (error !== undefined) throw error;
      return body;
    });
  }

  /** The body as JSON, whatever it says. What tells of errors may be shown, so the secret is taken out of that. */
  parse(answer: Answer): Json {
    const text = DECODER.decode(answer.body);
    let body: Json;
    try {
      body = readJson(text);
    } catch {
      throw new Protocol(`The answer with status ${answer.status} is not JSON`, excerpt(this.hidden(text)));
    }
    return this.#discreet(body, answer.status >= 400);
  }

  /** What an answer says of errors, without the secret. Values of entities and what functions give stay as they are. */
  #discreet(body: Json, isFailed: boolean): Json {
    if (!isObject(body)) return body;
    for (const name of isFailed ? OF_FAILURES : OF_ERRORS) {
      if (Object.hasOwn(body, name)) body[name] = withTexts(body[name] ?? null, (text) => this.hidden(text));
    }
    if (Array.isArray(body["__ENTITIES"])) for (const item of body["__ENTITIES"]) this.#discreet(item, false);
    return body;
  }

  /**
   * Sends, and repeats what may be repeated. When the session was lost with locks, what only reads throws `SessionLost`; what writes throws one that
   * has been executed, with the answer as its result: for `afterwards`. Whoever sends `isBeside` tells nobody what was found out so.
   */
  async send(ask: Ask, isBeside = false): Promise<Answer> {
    if (this.isClosed) throw new Misuse("The datastore is closed.");
    if (!isBeside && this.#untold.length > 0) {
      const locks = this.#untold;
      this.#untold = [];
      throw new SessionLost(locks);
    }
    if (ask.leadsElsewhere()) throw new Misuse("A name of a dataclass, attribute or function cannot be a dot or two.");
    // Nobody logs in for what only gives back.
    const { answer, lost } = await (isBeside ? this.#sendPatiently(ask) : this.#sendLoggedIn(ask));
    if (lost.length > 0 && !this.#wasRefused(answer)) throw new SessionLost(lost, true, answer);
    this.tellLater(lost);
    return answer;
  }

  /** The same for a user, whose session may have ended: he is logged in again, and what may be asked again is. */
  async #sendLoggedIn(ask: Ask): Promise<Sending> {
    await this.#logIn();
    const first = await this.#sendPatiently(ask);
    if (!this.#wasLoggedOut(first.answer) || !this.#mayBeRepeated(ask, first.answer)) return first;
    try {
      await this.#logIn();
      const second = await this.#sendPatiently(ask);
      return { answer: second.answer, lost: [...first.lost, ...second.lost] };
    } catch (error) {
      // Nothing was executed.
      this.tellLater(first.lost);
      throw error;
    }
  }

  /** A user's session had ended, so that the answer is one for somebody who is not logged in. */
  #wasLoggedOut(answer: Answer): boolean {
    return this.credential.kind === "user" && this.#options.session !== false && answer.isInAnother;
  }

  /** What only reads; and what was refused before anything was written. */
  #mayBeRepeated(ask: Ask, answer: Answer): boolean {
    if (ask.method === "GET" || this.#wasRefused(answer)) return true;
    const body = this.#parsed(answer);
    const isOfMany = ask.isOfMany() || (isObject(body) && body["__ENTITIES"] !== undefined);
    return body !== undefined && answer.status === 401 && !(ask.calls || isOfMany);
  }

  /** Nobody was let in, so that nothing was executed. */
  #wasRefused(answer: Answer): boolean {
    return answer.status === 401 && isRefusedAtTheGate(this.#parsed(answer) ?? null);
  }

  /** The body as JSON, where it is. */
  #parsed(answer: Answer): Json | undefined {
    try {
      return this.parse(answer);
    } catch {
      return undefined;
    }
  }

  /** Repeats a GET that was not answered. */
  async #sendPatiently(ask: Ask): Promise<Sending> {
    let delay = this.#options.retryDelay ?? 200;
    let left = ask.method === "GET" ? (this.#options.retries ?? 3) : 0;
    for (;;) {
      try {
        return await this.#sendInTurn(ask);
      } catch (error) {
        if (!(error instanceof Unreachable) || left <= 0 || this.#isLeaving) throw error;
        await new Promise((done) => setTimeout(done, delay));
        delay *= 2;
        left -= 1;
      }
    }
  }

  /** A user is logged in before anything else, and again in a new session (rest-dialect 17.4). */
  #logIn(): Promise<void> {
    const { credential } = this;
    if (credential.kind !== "user" || this.session.isLoggedIn) return Promise.resolve();
    return this.#loggingIn.run(async () => {
      // Others may have waited for the same.
      if (this.session.isLoggedIn) return;
      const { answer, lost } = await this.#sendInTurn(Ask.post("$directory/login"), {
        "username-4d": headerText(credential.user),
        "password-4d": headerText(credential.reveal()),
        "session-4d-length": String(credential.minutes),
      });
      this.tellLater(lost);
      const body = this.parse(answer);
      if (!isObject(body) || body["result"] !== true) throw told(answer.status, body) ?? new Unauthorized("notLoggedIn");
      this.session.isLoggedIn = true;
    });
  }

  #sendInTurn(ask: Ask, headers: Record<string, string> = {}): Promise<Sending> {
    const isAlone = !this.session.isOpen && this.#options.session !== false;
    return isAlone ? this.#opening.run(() => this.#sendOnce(ask, headers)) : this.#sendOnce(ask, headers);
  }

  async #sendOnce(ask: Ask, headers: Record<string, string>): Promise<Sending> {
    const sent = this.session.sent();
    const url = this.endpoint.base + ask.target();
    const request = { ...headers, ...this.#identity(sent) };
    if (ask.body !== undefined) request["content-type"] = ask.body.type;
    const body = typeof ask.body?.bytes === "string" ? new TextEncoder().encode(ask.body.bytes) : ask.body?.bytes;
    const start = this.#now();
    let answer: Answer | undefined;
    try {
      answer = await this.#receive(url, { method: ask.method, headers: request, ...(body === undefined ? {} : { body: body as BodyInit }) });
    } finally {
      this.#note(ask, url, start, body?.length ?? 0, answer);
    }
    const lost = this.#settle(answer, sent);
    if (lost.length > 0 && ask.method === "GET") throw new SessionLost(lost);
    const error = this.#unanswered(answer.status);
    if (error !== undefined) {
      this.tellLater(lost);
      throw error;
    }
    return { answer, lost };
  }

  /** What is no answer of the server that was asked. */
  #unanswered(status: number): DatastoreError | undefined {
    if (status >= 300 && status < 400) return new Protocol("The server redirects, which is not followed", `status ${status}`);
    return status >= 502 && status <= 504 ? this.#unreachable(`HTTP status ${status}`) : undefined;
  }

  #identity(sent: Sent): Record<string, string> {
    const headers: Record<string, string> = {};
    if (this.credential.kind === "key") headers["api-key"] = this.credential.reveal();
    const cookies = cookieHeader(sent);
    if (this.#options.session === false) headers["nosession-4d"] = "true";
    else if (cookies !== undefined) headers["cookie"] = cookies;
    return headers;
  }

  async #receive(url: string, request: RequestInit): Promise<Answer> {
    const { requestTimeout = 30_000, largestAnswer = 256 * 1024 * 1024, credentials = "same-origin" } = this.#options;
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), requestTimeout);
    try {
      const fetch = this.#options.fetch ?? globalThis.fetch;
      const response = await fetch(url, { ...request, redirect: "manual", credentials, cache: "no-store", referrerPolicy: "no-referrer", signal: limit.signal });
      // Browsers show nothing of a redirection.
      const status = response.type === "opaqueredirect" ? 302 : response.status;
      const parts: Uint8Array[] = [];
      let length = 0;
      const reader = response.body?.getReader();
      for (let part = await reader?.read(); part !== undefined && !part.done; part = await reader?.read()) {
        length += part.value.length;
        if (length > largestAnswer) {
          limit.abort();
          throw new Protocol("The answer is too long", `more than ${largestAnswer} bytes`);
        }
        parts.push(part.value);
      }
      const body = parts.length === 1 && parts[0] !== undefined ? parts[0] : joined(parts, length);
      return { status, headers: response.headers, body, isElsewhere: false, isInAnother: false };
    } catch (error) {
      if (error instanceof Protocol) throw error;
      throw this.#unreachable(limit.signal.aborted ? `no answer within ${requestTimeout} ms` : chain(error));
    } finally {
      clearTimeout(timer);
    }
  }

  /** What the answer does to the session: which locks are gone. */
  #settle(answer: Answer, sent: Sent): SessionLost["locks"] {
    if (this.#options.session === false) return [];
    // Browsers keep cookies to themselves, and older ones do not know the function.
    const cookies = answer.headers.getSetCookie?.() ?? [];
    const turn = this.session.receive(cookies, sent);
    answer.isElsewhere = turn === "elsewhere";
    answer.isInAnother = turn !== "same";
    return typeof turn === "string" ? [] : turn.lost;
  }

  #note(ask: Ask, url: string, start: Date, requestBytes: number, answer: Answer | undefined): void {
    const bodies = this.log.wants();
    if (bodies === undefined) return;
    const end = this.#now();
    this.log.add({
      method: ask.method,
      url: this.hidden(url),
      startTime: start.toISOString(),
      endTime: end.toISOString(),
      duration: end.getTime() - start.getTime(),
      requestBytes,
      response: answer === undefined ? null : { status: answer.status, bytes: answer.body.length, ...(bodies ? { body: this.hidden(textOf(answer.body)) } : {}) },
    });
  }

  #now(): Date {
    return this.#options.clock?.() ?? new Date();
  }

  /** The text without the secret, wherever it came from. */
  hidden(text: string): string {
    const secret = this.credential.reveal();
    if (secret === "") return text;
    // As it is, and as texts of JSON and addresses spell it.
    return [secret, JSON.stringify(secret).slice(1, -1), encoded(secret)].reduce((rest, spelled) => rest.replaceAll(spelled, "***"), text);
  }

  #unreachable(cause: string): DatastoreError {
    return new Unreachable(this.endpoint.host, this.hidden(cause));
  }

  /** An entity set that nobody needs any more: it is given back in the background, errors ignored. */
  releaseLater(set: string): void {
    this.#sets.push(set);
    void this.sayFarewells();
  }

  /** A lock that nobody holds any more. */
  unlockLater(place: Place): void {
    this.#locks.push({ ...place, generation: this.session.generation });
    void this.sayFarewells();
  }

  /** These locks went with their session; the next call of the program says so. */
  tellLater(locks: SessionLost["locks"]): void {
    this.#untold = [...this.#untold, ...locks];
  }

  /** Sends what waits. When it returns, whatever waited before has been sent. */
  sayFarewells(): Promise<void> {
    return this.#farewells.run(async () => {
      const [sets, locks] = [this.#sets, this.#locks];
      [this.#sets, this.#locks] = [[], []];
      if (sets.length > 0) await this.#say(Ask.post("$entityset/$release", sets));
      for (const { dataclass, key, address, generation } of locks) {
        await this.session.inTurn(dataclass, key, async () => {
          // Another object may have locked it since; another session has ended it.
          if (generation !== this.session.generation || this.session.isHeld(dataclass, key)) return;
          await this.#say(Ask.get(address).with("$lock", "false"));
        });
      }
    });
  }

  /** Errors are ignored. */
  async #say(ask: Ask): Promise<void> {
    try {
      await this.json(ask, true);
    } catch (error) {
      if (error instanceof SessionLost) this.tellLater(error.locks);
    }
  }

  /** Gives back what is held, and ends the session when there is one. */
  async logOut(): Promise<void> {
    this.#isLeaving = true;
    await this.sayFarewells();
    if (!this.session.exists()) return;
    try {
      await this.json(Ask.get("$directory/logout"), true);
    } catch (error) {
      // Servers without users need not know the call; the session then ends by itself.
      if (!(error instanceof NotFound || error instanceof Protocol || error instanceof SessionLost)) throw error;
    } finally {
      this.session.forget();
    }
  }
}

/** Headers are bytes; names and passwords go as UTF-8. */
function headerText(text: string): string {
  const bytes = String.fromCharCode(...new TextEncoder().encode(text));
  if (/[\x00-\x1f\x7f]/.test(bytes)) throw new Misuse("Name or password cannot be sent.");
  return bytes;
}

function joined(parts: Uint8Array[], length: number): Uint8Array {
  const body = new Uint8Array(length);
  parts.reduce((at, part) => (body.set(part, at), at + part.length), 0);
  return body;
}

function textOf(body: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch {
    return "***";
  }
}

/** An error with its causes, in one line. */
function chain(error: unknown): string {
  const parts: string[] = [];
  for (let next = error; next instanceof Error && parts.length < 5; next = next.cause) {
    const { code } = next as { code?: unknown };
    const text = next.message === "" ? String(code ?? next.name) : next.message;
    if (!parts.some((part) => part.includes(text))) parts.push(text);
  }
  return parts.join(": ") || "unknown";
}

// The session with the server: its cookies and the locks that live in it (remote-datastore 5, rest-dialect 17.2).

import { Turns } from "./mutex.js";

/** More cookies than that are no session. */
const MOST_COOKIES = 20;

/** What of the session a request was sent with. @internal */
export interface Sent {
  cookies: Map<string, string>;
  generation: number;
}

/**
 * What an answer did to the session: nothing; the server has opened another one, and these locks are gone; or the answer belongs to a session that is
 * not kept, because another answer was here first. @internal
 */
export type Turn = "same" | "elsewhere" | { lost: [string, string][] };

/** The session as it is known here. @internal */
export class Session {
  #cookies = new Map<string, string>();
  /** What takes or ends the lock of an entity: one after the other, so that no end overtakes a lock that is newer. */
  readonly #turns = new Turns();
  /** How many objects hold the lock of an entity. */
  #locks = new Map<string, { place: [string, string]; holders: number }>();
  /** An answer was received. */
  isOpen = false;
  /** The user is logged in, where there are users. */
  isLoggedIn = false;
  /** Goes up with every new session: what was made in another one may be gone. */
  generation = 0;

  sent(): Sent {
    return { cookies: new Map(this.#cookies), generation: this.generation };
  }

  receive(setCookies: string[], sent: Sent): Turn {
    this.isOpen = true;
    const received = setCookies.map(cookieOf).filter((cookie) => cookie !== undefined);
    if (received.length === 0) return "same";
    const isNews = received.some(([name, value]) => sent.cookies.get(name) !== value);
    if (isNews && sent.generation !== this.generation) return "elsewhere";
    // A value that replaces one that was sent: the server did not know the session any more.
    const isReplaced = received.some(([name, value]) => sent.cookies.has(name) && sent.cookies.get(name) !== value);
    for (const [name, value] of received) {
      if (value === undefined) this.#cookies.delete(name);
      else if (this.#cookies.size < MOST_COOKIES || this.#cookies.has(name)) this.#cookies.set(name, value);
    }
    if (sent.cookies.size === 0 && isNews) {
      // The first session of this connection, or one after a logout.
      this.generation += 1;
      return "same";
    }
    if (!isReplaced) return "same";
    this.generation += 1;
    this.isLoggedIn = false;
    const lost = [...this.#locks.values()].map((lock) => lock.place);
    this.#locks.clear();
    return { lost };
  }

  /** Takes or ends the lock of an entity, alone. */
  inTurn<T>(dataclass: string, key: string, work: () => Promise<T>): Promise<T> {
    return this.#turns.run(JSON.stringify([dataclass, key]), work);
  }

  /** One object more holds the lock. */
  hold(dataclass: string, key: string): void {
    const place = JSON.stringify([dataclass, key]);
    const lock = this.#locks.get(place);
    if (lock === undefined) this.#locks.set(place, { place: [dataclass, key], holders: 1 });
    else lock.holders += 1;
  }

  isHeld(dataclass: string, key: string): boolean {
    return this.#locks.has(JSON.stringify([dataclass, key]));
  }

  /** One object less; true when it was the last, so that the server should be told. */
  letGo(dataclass: string, key: string, generation: number): boolean {
    const place = JSON.stringify([dataclass, key]);
    const lock = this.#locks.get(place);
    if (generation !== this.generation || lock === undefined) return false;
    lock.holders -= 1;
    return lock.holders === 0 && this.#locks.delete(place);
  }

  /** The server has given one that can be ended. */
  exists(): boolean {
    return this.#cookies.size > 0;
  }

  /** The session is over. */
  forget(): void {
    this.#cookies.clear();
    this.#locks.clear();
    this.isOpen = false;
    this.isLoggedIn = false;
    this.generation += 1;
  }
}

/** The header `Cookie`. @internal */
export function cookieHeader(sent: Sent): string | undefined {
  return sent.cookies.size === 0 ? undefined : [...sent.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
}

/** Name and value of a `Set-Cookie`; no value when it takes the cookie away. */
function cookieOf(header: string): [string, string | undefined] | undefined {
  const [first = "", ...rest] = header.split(";").map((part) => part.trim());
  const equals = first.indexOf("=");
  if (equals < 1) return undefined;
  const value = first.slice(equals + 1);
  const isGone = value === "" || rest.some((part) => /^max-age\s*=\s*(0+|-\d+)$/i.test(part));
  return [first.slice(0, equals), isGone ? undefined : value];
}

// The pages of a selection that are at hand, and its entity set when it needs one.

import type { Access } from "./access.js";
import { Ask } from "./ask.js";
import { singleKeyOf } from "./catalog.js";
import { DatastoreError, isMissing, Protocol, SessionLost } from "./errors.js";
import { EntitySet } from "./farewell.js";
import { isObject, type Json } from "./json.js";
import { Mutex } from "./mutex.js";
import { basesOf, canBeFoundAgain, havingKeys, isBlurred, KEYS_AT_ONCE, noSet, type Origin, prepare, refuseOthers, setPath, withKeys } from "./origin.js";
import { blankRow, keyText, type Page, readPage, type Row } from "./row.js";

/** Pages that stay at hand. */
const PAGES_AT_HAND = 4;

/** What is asked of each entity, and how many at once. @internal */
export interface Shape {
  select: string | undefined;
  pageSize: number;
  isExplained: boolean;
}

/** One selection, without its dress. @internal */
export class Kept {
  /** Size, as it was when last asked. */
  count = 0;
  plan: Json | undefined;
  path: Json | undefined;
  readonly #pages = new Map<number, Row[]>();
  #set: EntitySet | undefined;
  /** One request at a time, so that one set is made and no page is read twice. */
  readonly #alone = new Mutex();

  constructor(readonly access: Access, readonly origin: Origin, readonly shape: Shape, known?: Page) {
    if (known === undefined) return;
    this.count = known.count;
    this.#set = known.set === undefined ? undefined : new EntitySet(access.wire, known.set);
    this.#pages.set(0, known.rows);
  }

  /** The entities of a page, asked for when they are not at hand. */
  page(index: number): Promise<Row[]> {
    if (this.origin.of === "nothing") return Promise.resolve([]);
    return this.#alone.run(async () => this.#pages.get(index) ?? this.#again(() => this.#fetch(index)));
  }

  /** The same before anybody asked for it. Nothing when the session was lost with it: the next call says so. */
  async pageAhead(index: number): Promise<Row[] | undefined> {
    try {
      return await this.page(index);
    } catch (error) {
      if (!(error instanceof SessionLost)) throw error;
      this.access.wire.tellLater(error.locks);
      return undefined;
    }
  }

  /** Rows from a place on. */
  async rows(first = 0, count = Infinity): Promise<Row[]> {
    const { pageSize } = this.shape;
    const end = Math.min(first + count, this.count);
    const rows: Row[] = [];
    for (let at = Math.max(0, first); at < end; ) {
      const here = (await this.page(Math.floor(at / pageSize))).slice(at % pageSize).slice(0, end - at);
      if (here.length === 0) break;
      for (const row of here) rows.push(row);
      at += here.length;
    }
    return rows;
  }

  /** The entity set of the whole selection; made when there is none. */
  set(): Promise<string> {
    return this.#alone.run(async () => {
      const known = this.#liveSet();
      if (known !== undefined) return known;
      return this.#again(async () => {
        const { access, origin } = this;
        // More of them are checked part by part.
        const wanted = isBlurred(origin, access) && origin.values.length <= KEYS_AT_ONCE ? origin.values : undefined;
        const page = await this.#prepared(true, (ask) => (wanted === undefined ? ask.with("$top", "0") : withKeys(ask, access, wanted)));
        if (wanted !== undefined) refuseOthers(access, page, wanted);
        this.#learn(page);
        if (page.set === undefined) throw noSet();
        return page.set;
      });
    });
  }

  /** Asks something of the entity set, which is made anew when the server has forgotten it. */
  async ofSet(make: (id: string) => Ask): Promise<Json> {
    const id = await this.set();
    try {
      return await this.access.wire.json(make(id));
    } catch (error) {
      if (!isLost(error) || !canBeFoundAgain(this.origin)) throw error;
      await this.#forget();
      return this.access.wire.json(make(await this.set()));
    }
  }

  /** Whether there is a set already, so that whoever asks again sees the same entities. */
  hasSet(): boolean {
    return this.#liveSet() !== undefined;
  }

  /** The set is given back; what is asked next makes another. */
  async release(): Promise<void> {
    await this.#alone.run(async () => this.#dropSet());
    await this.access.wire.sayFarewells();
  }

  /** Once more when the server has forgotten a set, if it can be made again. */
  async #again<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!isLost(error) || !canBeFoundAgain(this.origin)) throw error;
      this.#forgetSet();
      for (const base of basesOf(this.origin)) await base.#forget();
      return work();
    }
  }

  async #fetch(index: number): Promise<Row[]> {
    const { pageSize, select, isExplained } = this.shape;
    const { origin } = this;
    if (origin.of === "among" && origin.order === undefined && singleKeyOf(this.access.info) === origin.path) {
      return this.#keep(index, await rowsOfKeys(this.access, origin.values.slice(index * pageSize, (index + 1) * pageSize), select));
    }
    const explained = (ask: Ask) => (isExplained ? ask.with("$queryplan", "true").with("$querypath", "true") : ask);
    const rows: Row[] = [];
    for (;;) {
      const start = index * pageSize + rows.length;
      const paged = (ask: Ask) =>
        ask.with("$skip", start > 0 ? String(start) : undefined).with("$top", String(pageSize - rows.length)).with("$attributes", select);
      const id = this.#liveSet();
      const page =
        id === undefined
          ? await this.#prepared(start > 0, (ask) => explained(paged(ask)))
          : readPage(await this.access.wire.json(paged(Ask.get(setPath(this.access.name, id)))));
      this.#learn(page);
      for (const row of page.rows) rows.push(row);
      // A server may send less at once than it is asked for.
      if (rows.length >= pageSize || start + page.rows.length >= page.count) return this.#keep(index, rows);
      if (page.rows.length === 0) throw new Protocol(`The server sent nothing from place ${start} on, of ${page.count} entities`, "");
    }
  }

  async #prepared(keep: boolean, asked: (ask: Ask) => Ask): Promise<Page> {
    const { ask, needs } = await prepare(this.origin, this.access, keep);
    try {
      const body = await this.access.wire.json(asked(ask));
      if (isObject(body)) {
        this.plan ??= body["__queryPlan"];
        this.path ??= body["__queryPath"];
      }
      return readPage(body);
    } finally {
      needs?.release();
    }
  }

  /** Count and set of an answer. A set that is not what the first page was of takes its place. */
  #learn(page: Page): void {
    const before = this.count;
    this.count = page.count;
    if (page.set === undefined) return;
    if (before !== page.count) this.#pages.clear();
    this.#dropSet();
    this.#set = new EntitySet(this.access.wire, page.set);
  }

  #keep(index: number, rows: Row[]): Row[] {
    this.#pages.set(index, rows);
    const [oldest] = this.#pages.keys();
    if (this.#pages.size > PAGES_AT_HAND && oldest !== undefined) this.#pages.delete(oldest);
    return rows;
  }

  /** The set, unless it was made in an earlier session. */
  #liveSet(): string | undefined {
    if (this.#set !== undefined && this.#set.generation !== this.access.wire.session.generation) this.#dropSet();
    return this.#set?.id;
  }

  #dropSet(): void {
    this.#set?.release();
    this.#set = undefined;
  }

  #forgetSet(): void {
    this.#set?.forget();
    this.#set = undefined;
  }

  /** Whatever the server was said to have is asked for anew. */
  async #forget(): Promise<void> {
    await this.#alone.run(async () => this.#forgetSet());
    for (const base of basesOf(this.origin)) await base.#forget();
  }
}

/** Entities in the order of these keys; one that is not there any more leaves a gap. @internal */
export async function rowsOfKeys(access: Access, wanted: Json[], select: string | undefined): Promise<Row[]> {
  const found = new Map<string | null, Row | null>();
  for (let at = 0; at < wanted.length; at += KEYS_AT_ONCE) {
    const group = wanted.slice(at, at + KEYS_AT_ONCE);
    const ask = havingKeys(access, access.singleKey(), group).with("$top", String(group.length)).with("$attributes", select);
    const page = readPage(await access.wire.json(ask));
    for (const row of page.rows) found.set(row.key, row);
    if (page.count <= page.rows.length) continue;
    // Others that compare as equal may have taken the place of one that is wanted.
    for (const key of group.map(keyText)) if (key !== null && !found.has(key)) found.set(key, await access.row(key, select));
  }
  return wanted.map((key) => found.get(keyText(key)) ?? blankRow());
}

/** The server does not know a set any more. */
function isLost(error: unknown): boolean {
  return isMissing(error, "entitySet") || (error instanceof DatastoreError && error.errors.some(({ errCode }) => errCode === 1820));
}

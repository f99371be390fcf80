// Entity selections (remote-datastore 4.2): pages on demand, and an entity set on the server only where one is needed.

import type { Access } from "./access.js";
import { Ask, encoded } from "./ask.js";
import { Call } from "./call.js";
import { attributeOf, hasTextKey, methodOf, singleKeyOf, typeOf } from "./catalog.js";
import { Coming } from "./coming.js";
import { Dataclass, type DataclassOf } from "./dataclass.js";
import { Entity, type EntityOf } from "./entity.js";
import { afterwards, carrying, Conflict, type DatastoreError, isMissing, Misuse, Protocol, Remote, SessionLost, Validation } from "./errors.js";
import { filterOf, isSettings } from "./filter.js";
import type { Json, JsonObject } from "./json.js";
import { Kept, rowsOfKeys, type Shape } from "./kept.js";
import { type Besides, type Described, DISPOSE, INNER, SHOWN, type Typed, withMembers } from "./members.js";
import { type Among, isBlurred, isOrdered, type Origin, refined, setPath } from "./origin.js";
import { Query } from "./query.js";
import { targetOf } from "./related.js";
import { copyOf, isGap, keyText, type Page, readPage, relatedKey, type Row, valueOf } from "./row.js";
import { readValue } from "./value.js";

/** A selection with the functions of its dataclass and the attributes of its entities as properties. */
export type SelectionOf<T = any> = Selection<T> &
  (unknown extends T
    ? { [name: string]: any }
    : T extends Described ? Besides<Selection<T>, T["$selection"]> : { readonly [N in keyof Typed<T>]: PromiseLike<any> });

/**
 * A selection of entities. It never changes; what is asked of it is asked in pages. `for await` goes through it, and reads the next page ahead. Its
 * entity set is released by `close()`, or when the selection is collected. `selection.title` extracts, `selection.author` follows a relation: both are
 * awaited.
 */
export class Selection<T = any> implements AsyncIterable<EntityOf<T>> {
  /** @internal */
  readonly [INNER]: Kept;

  private constructor(kept: Kept) {
    this[INNER] = kept;
    const { info } = kept.access;
    return withMembers(this as Selection<T>, {
      names: () => [],
      find: (name) => {
        const type = typeOf(attributeOf(info, name));
        if (type === "entity" || type === "selection") return new Coming(() => this.related(name));
        if (attributeOf(info, name) !== undefined) return new Coming(() => this.extract(name));
        const isFunction = methodOf(info?.methods, name, "entityCollection") !== undefined;
        return isFunction ? (...values: unknown[]) => this.call(name, ...values) : undefined;
      },
      assign: () => {
        throw new Misuse("A selection cannot be written.");
      },
    });
  }

  /** @internal */
  static of<T>(kept: Kept): SelectionOf<T> {
    return new Selection<T>(kept) as SelectionOf<T>;
  }

  /** Asks for the first page. @internal */
  static async asked<T>(kept: Kept): Promise<SelectionOf<T>> {
    await kept.page(0);
    return Selection.of<T>(kept);
  }

  /** From what is known already. @internal */
  static known<T>(access: Access, origin: Origin, shape: Shape, page: Page): SelectionOf<T> {
    return Selection.of<T>(new Kept(access, origin, shape, page));
  }

  /** Of these entities, in their order; their rows are at hand. Without a key of one attribute they cannot be asked for again. @internal */
  static ofRows<T>(access: Access, shape: Shape, given: Row[]): SelectionOf<T> {
    const rows = given.filter((row) => !isGap(row));
    const path = rows.every((row) => row.key !== null) ? singleKeyOf(access.info) : undefined;
    const values = rows.map((row) => access.keyJson(row.key ?? "") ?? null);
    const origin: Origin = rows.length === 0 ? { of: "nothing" } : path === undefined ? { of: "called" } : { of: "among", owner: access, path, values, order: undefined };
    // All of them are one page.
    return Selection.known<T>(access, origin, { ...shape, pageSize: Math.max(shape.pageSize, rows.length) }, { set: undefined, count: rows.length, rows });
  }

  /** How many entities (`length`). */
  get length(): number {
    return this[INNER].count;
  }

  /** Has an order that was asked for (`isOrdered()`). */
  isOrdered(): boolean {
    return isOrdered(this[INNER].origin);
  }

  /** The dataclass (`getDataClass()`). */
  getDataClass(): DataclassOf<T> {
    return Dataclass.of(this[INNER].access);
  }

  /** The entity at a place from 0; from the end when it is negative. Null past the end, or where one was deleted meanwhile (`[i]`, `at()`). */
  async at(index: number): Promise<EntityOf<T> | null> {
    const kept = this[INNER];
    const { pageSize } = kept.shape;
    const place = index < 0 ? this.length + index : index;
    if (!Number.isInteger(place) || place < 0 || place >= this.length) return null;
    const row = (await kept.page(Math.floor(place / pageSize)))[place % pageSize];
    return row === undefined || isGap(row) ? null : Entity.read<T>(kept.access, row, { kept, index: place });
  }

  /** The first entity (`first()`). */
  first(): Promise<EntityOf<T> | null> {
    return this.at(0);
  }

  /** The last entity (`last()`). */
  last(): Promise<EntityOf<T> | null> {
    return this.at(-1);
  }

  /** Goes through the entities page by page; the next page is on its way once half of the one before is used. What was deleted meanwhile is passed over. */
  async *[Symbol.asyncIterator](): AsyncGenerator<EntityOf<T>> {
    const kept = this[INNER];
    const { pageSize } = kept.shape;
    let ahead: Promise<Row[] | undefined> | undefined;
    for (let page = 0; page * pageSize < kept.count; page += 1) {
      const rows: Row[] = (await ahead) ?? (await kept.page(page));
      ahead = undefined;
      for (const [at, row] of rows.entries()) {
        if (at >= Math.floor(pageSize / 2) && ahead === undefined && (page + 1) * pageSize < kept.count) {
          ahead = kept.pageAhead(page + 1);
          // Whoever stops here need not hear of its failure.
          ahead.catch(() => undefined);
        }
        if (!isGap(row)) yield Entity.read<T>(kept.access, row, { kept, index: page * pageSize + at });
      }
      if (rows.length < pageSize) return;
    }
  }

  /** All entities, read into memory. */
  async toArray(): Promise<EntityOf<T>[]> {
    const entities: EntityOf<T>[] = [];
    for await (const entity of this) entities.push(entity);
    return entities;
  }

  /** Rows as the wire has them, from a place on: for callers that want no objects. What was deleted meanwhile has no key. */
  async rows(first = 0, count = Infinity): Promise<Row[]> {
    return (await this[INNER].rows(first, count)).map(copyOf);
  }

  /** The entities from one place up to, not including, another; negative ones count from the end (`slice()`). */
  async slice(first = 0, end = Infinity): Promise<SelectionOf<T>> {
    const place = (index: number) => (index < 0 ? Math.max(0, this.length + index) : index);
    const rows = await this[INNER].rows(place(first), Math.max(0, place(end) - place(first)));
    return Selection.ofRows<T>(this[INNER].access, shapeOf(this[INNER]), rows);
  }

  /** Those of its entities that fit (`query()`). */
  query(filter: string, ...values: unknown[]): Query<T> {
    return queryOf<T>(this[INNER].access, this[INNER], filter, values);
  }

  /** Its entities in another order (`orderBy()`). */
  orderBy(order: string): Query<T> {
    return this.query("").orderBy(order);
  }

  /** Its entities with these attributes only. */
  select(...attributes: string[] | [string[]]): Query<T> {
    return this.query("").select(...(attributes.flat() as string[]));
  }

  /** What is in both (`and()`). */
  and(other: Selection<T>): Promise<SelectionOf<T>> {
    return combined<T>(this, "AND", other);
  }

  /** What is in either (`or()`). */
  or(other: Selection<T>): Promise<SelectionOf<T>> {
    return combined<T>(this, "OR", other);
  }

  /** What is here and not there (`minus()`). */
  minus(other: Selection<T>): Promise<SelectionOf<T>> {
    return combined<T>(this, "EXCEPT", other);
  }

  /** The same selection with one entity more at its end (`copy().add()`). */
  async with(entity: Entity): Promise<SelectionOf<T>> {
    const { access, row } = entity[INNER];
    if (access.name !== this[INNER].access.name || row.key === null) throw new Misuse("Only saved entities of the same dataclass can be added.");
    return Selection.ofRows<T>(this[INNER].access, shapeOf(this[INNER]), [...(await this[INNER].rows()), row]);
  }

  /** Whether an entity is in it (`contains()`). */
  async contains(entity: Entity | string | number | bigint): Promise<boolean> {
    const kept = this[INNER];
    const key = keyOf(entity);
    if (key === null || this.length === 0) return false;
    const path = singleKeyOf(kept.access.info);
    const value = kept.access.keyJson(key);
    if (this.length <= kept.shape.pageSize || path === undefined || value === undefined) return (await this.indexOf(key)) !== null;
    // Comparing would find others too.
    if (hasTextKey(kept.access.info)) return (await (await this.select(path)).indexOf(key)) !== null;
    const filter = { text: `${path} = :1`, params: [value] };
    const body = await kept.ofSet((id) => refined(Ask.get(setPath(kept.access.name, id)), filter, undefined).with("$top", "0"));
    return readPage(body).count > 0;
  }

  /** The place of an entity, from 0; null when it is not there. Pages are read until it is found (`entity.indexOf()`). */
  async indexOf(entity: Entity | string | number | bigint): Promise<number | null> {
    const kept = this[INNER];
    const key = keyOf(entity);
    const { pageSize } = kept.shape;
    for (let page = 0; key !== null && page * pageSize < kept.count; page += 1) {
      const rows = await kept.page(page);
      const at = rows.findIndex((row) => row.key === key);
      if (at >= 0) return page * pageSize + at;
      if (rows.length < pageSize) break;
    }
    return null;
  }

  /** The entities as plain objects of these attributes, as the wire has them; of all when none is named (`toCollection()`). */
  async toCollection(...attributes: string[] | [string[]]): Promise<JsonObject[]> {
    const names = attributes.flat() as string[];
    const rows = await (names.length === 0 ? this.rows() : rowsOf(this, names));
    return rows.filter((row) => !isGap(row)).map((row) => Object.fromEntries(row.values));
  }

  /** The values of one attribute, entity by entity (`extract()`, `selection.title`). */
  async extract(name: string): Promise<unknown[]> {
    const { access } = this[INNER];
    const type = typeOf(access.attribute(name));
    const rows = await rowsOf(this, [name]);
    return rows.filter((row) => !isGap(row)).map((row) => readValue(valueOf(row, name) ?? null, type, access));
  }

  /** What its entities are related to, each once (`selection.author`, `selection.books`). */
  async related<R = any>(relation: string): Promise<SelectionOf<R>> {
    const { access } = this[INNER];
    const info = access.attribute(relation);
    if (info.kind === "relatedEntity") {
      const target = await access.connection.access(info.type).described();
      const keys = (await rowsOf(this, [relation])).map((row) => relatedKey(valueOf(row, relation)));
      return among<R>(target, target, target.singleKey(), keys.map((key) => (key === null ? undefined : target.keyJson(key))), shapeOf(this[INNER]));
    }
    if (info.kind !== "relatedEntities") throw new Misuse(`"${relation}" is no relation.`);
    const target = await targetOf(access, relation);
    const path = `${info.inverseName ?? info.path ?? ""}.${access.singleKey()}`;
    const keys = (await this[INNER].rows()).map((row) => (row.key === null ? undefined : access.keyJson(row.key)));
    return among<R>(target, access, path, keys, shapeOf(this[INNER]));
  }

  /** Sum of an attribute (`sum()`). */
  sum(name: string): Promise<number | bigint> {
    return computed(this[INNER], name, "sum") as Promise<number | bigint>;
  }

  /** Mean of an attribute; null of no values (`average()`). */
  average(name: string): Promise<number | null> {
    return computed(this[INNER], name, "average") as Promise<number | null>;
  }

  /** Smallest value, of the attribute's type (`min()`). */
  async min(name: string): Promise<unknown> {
    return typedValue(this[INNER], name, await computed(this[INNER], name, "min"));
  }

  /** Greatest value, of the attribute's type (`max()`). */
  async max(name: string): Promise<unknown> {
    return typedValue(this[INNER], name, await computed(this[INNER], name, "max"));
  }

  /** How many of its entities have a value there (`count()`). */
  count(name: string): Promise<number> {
    return computed(this[INNER], name, "count") as Promise<number>;
  }

  /** Its different values, ascending (`distinct()`). */
  async distinct(name: string): Promise<unknown[]> {
    if (this[INNER].origin.of === "nothing") return [];
    const values = await over(this[INNER], name, (ask) => ask.with("$distinct", "true"));
    if (!Array.isArray(values)) throw new Protocol("The answer is no list of values", "");
    return values.map((value) => typedValue(this[INNER], name, value));
  }

  /** How it was found (`queryPlan`), when the query was `explained()`. */
  get queryPlan(): Json | undefined {
    return this[INNER].plan;
  }

  /** How it was found, with times (`queryPath`), when the query was `explained()`. */
  get queryPath(): Json | undefined {
    return this[INNER].path;
  }

  /** Calls a function of the selection. */
  call<R = any>(name: string, ...values: unknown[]): Call<R> {
    return new Call(this[INNER].access.connection, { of: "selection", kept: this[INNER] }, name, values);
  }

  /** Deletes its entities, and gives those that are still there: locked by others, or needed by other entities (`drop()`). */
  async drop(): Promise<SelectionOf<T>> {
    const kept = this[INNER];
    const { name } = kept.access;
    if (this.length === 0) return this as unknown as SelectionOf<T>;
    if (isBlurred(kept.origin, kept.access) && !kept.hasSet()) return dropKeys<T>(kept, kept.origin);
    const dropped = kept.ofSet((id) => Ask.post(setPath(name, id)).with("$method", "delete")).then(
      () => undefined,
      (error: unknown) => {
        if (!isRefusal(error)) throw error;
        return error;
      },
    );
    return afterwards<unknown, SelectionOf<T>>(dropped, async (failure) => {
      const { pageSize, select } = kept.shape;
      const clean = (id: string) => Ask.get(setPath(name, id)).with("$clean", "true").with("$method", "entityset").with("$top", String(pageSize)).with("$attributes", select);
      const left = readPage(await kept.ofSet(clean));
      // Nothing was deleted: why, is worth an error.
      if (isRefusal(failure) && left.count === this.length) throw failure;
      return Selection.known<T>(kept.access, { of: "called" }, shapeOf(kept), left);
    });
  }

  /** Gives the entity set back now rather than when the selection is collected. What is asked next makes another. */
  close(): Promise<void> {
    return this[INNER].release();
  }

  /** The same as `close()`: for `await using`. */
  [DISPOSE](): Promise<void> {
    return this.close();
  }

  toJSON(): object {
    return { dataclass: this[INNER].access.name, length: this.length };
  }

  /** @internal */
  [SHOWN](): object {
    return this.toJSON();
  }
}

/** @internal */
export function queryOf<T>(access: Access, base: Kept | undefined, filter: string, values: unknown[]): Query<T> {
  const last = values.at(-1);
  const settings = isSettings(last) ? last : undefined;
  const shape = base === undefined ? { select: undefined, pageSize: access.wire.pageSize, isExplained: false } : shapeOf(base);
  if (settings?.queryPlan === true || settings?.queryPath === true) shape.isExplained = true;
  const given = settings === undefined ? values : values.slice(0, -1);
  return new Query<T>({ access, base, filter: () => filterOf(filter, given, settings), order: undefined, shape });
}

function shapeOf(kept: Kept): Shape {
  return { ...kept.shape, isExplained: false };
}

function keyOf(entity: Entity | string | number | bigint): string | null {
  return entity instanceof Entity ? entity.getKey() : String(entity);
}

/** Some entities may have been deleted, and others not. */
function isRefusal(error: unknown): boolean {
  return error instanceof Remote || error instanceof Validation || error instanceof Conflict;
}

/** Deletes one after the other by their own keys, so that no other entity is meant. */
async function dropKeys<T>(kept: Kept, { values }: Among): Promise<SelectionOf<T>> {
  const { access } = kept;
  const left = new Set(values.map(keyText).filter((key) => key !== null));
  const { size } = left;
  let failure: unknown;
  let lost: SessionLost | undefined;
  for (const key of left) {
    const error = await access.deleteRow(key).catch((thrown: unknown) => {
      if (!(thrown instanceof SessionLost) || !thrown.executed) throw thrown;
      lost = thrown;
      return (thrown.cause ?? thrown.result) as DatastoreError | undefined;
    });
    if (error === undefined || isGone(error)) left.delete(key);
    else if (isRefusal(error)) failure = error;
    else throw error;
  }
  const whatIsLeft = async () => {
    // Nothing was deleted: why, is worth an error.
    if (failure !== undefined && left.size === size) throw failure;
    return Selection.ofRows<T>(access, shapeOf(kept), await rowsOfKeys(access, [...left], kept.shape.select));
  };
  if (lost !== undefined) throw await carrying(lost.locks, whatIsLeft);
  return whatIsLeft();
}

function isGone(error: unknown): boolean {
  return isMissing(error, "entity") || (error instanceof Conflict && error.status === 5);
}

async function rowsOf(selection: Selection, names: string[]): Promise<Row[]> {
  const { access, origin } = selection[INNER];
  // Their own keys need no set, which would be refused.
  if (isBlurred(origin, access)) return rowsOfKeys(access, origin.values, names.join(","));
  const shaped = await selection.select(names);
  return shaped[INNER].rows();
}

async function combined<T>(one: Selection<T>, operator: "AND" | "OR" | "EXCEPT", other: Selection<T>): Promise<SelectionOf<T>> {
  const [left, right] = [one[INNER], other[INNER]];
  if (left.access.name !== right.access.name) throw new Misuse("Selections of two dataclasses cannot be combined.");
  if (one.length === 0) return (operator === "OR" ? other : one) as SelectionOf<T>;
  if (other.length === 0) return (operator === "AND" ? other : one) as SelectionOf<T>;
  return Selection.asked<T>(new Kept(left.access, { of: "combined", left, right, operator }, shapeOf(left)));
}

async function among<T>(access: Access, owner: Access, path: string, keys: (Json | undefined)[], given: Shape): Promise<SelectionOf<T>> {
  const shape = { ...given, select: undefined };
  const values = [...new Set(keys)].filter((key) => key !== undefined);
  if (values.length === 0) return Selection.known<T>(access, { of: "nothing" }, shape, { set: undefined, count: 0, rows: [] });
  if (owner === access && hasTextKey(access.info)) return Selection.ofRows<T>(access, shape, await rowsOfKeys(access, values, undefined));
  // An order keeps the answer to one request where keys alone would be read one by one.
  return Selection.asked<T>(new Kept(access, { of: "among", owner, path, values, order: singleKeyOf(access.info) }, shape));
}

/** Of a property of an object attribute, or over a relation: whatever JSON says. */
function typedValue(kept: Kept, name: string, value: Json): unknown {
  return readValue(value, typeOf(attributeOf(kept.access.info, name)), kept.access);
}

async function computed(kept: Kept, name: string, keyword: string): Promise<Json> {
  // As the server answers when no entity fits.
  if (kept.origin.of === "nothing") return keyword === "sum" || keyword === "count" ? 0 : null;
  return over(kept, name, (ask) => ask.with("$compute", keyword));
}

/** Asks about one attribute of all its entities: with its filter while it has no set. */
async function over(kept: Kept, name: string, what: (ask: Ask) => Ask): Promise<Json> {
  const path = `${encoded(kept.access.name)}/${encoded(name)}`;
  if (kept.origin.of === "query" && !kept.hasSet()) return kept.access.wire.json(what(refined(Ask.get(path), kept.origin.filter, undefined)));
  return kept.ofSet((id) => what(Ask.get(`${path}/$entityset/${encoded(id)}`)));
}

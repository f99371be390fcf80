// Dataclasses (remote-datastore 4.1).

import type { Access } from "./access.js";
import { Ask, encoded } from "./ask.js";
import { Call } from "./call.js";
import { type AttributeInfo, attributeOf, type DataclassInfo, methodOf } from "./catalog.js";
import type { DataStore } from "./datastore.js";
import { Entity, type EntityOf } from "./entity.js";
import { afterwards, Misuse } from "./errors.js";
import type { Json } from "./json.js";
import { type Besides, type Described, INNER, SHOWN, type Typed, withMembers } from "./members.js";
import type { Query } from "./query.js";
import { blankRow, readPage } from "./row.js";
import { queryOf, Selection, type SelectionOf } from "./selection.js";
import type { Status } from "./status.js";
import { isBytes, written } from "./value.js";

/** A dataclass with the descriptions of its attributes and its functions as properties. */
export type DataclassOf<T = any> = Dataclass<T> &
  (unknown extends T ? { readonly [name: string]: any } : T extends Described ? Besides<Dataclass<T>, T["$dataclass"]> : { readonly [name: string]: any });

/** A dataclass of a datastore. */
export class Dataclass<T = any> {
  /** @internal */
  readonly [INNER]: Access;

  private constructor(access: Access) {
    this[INNER] = access;
    const { info } = access;
    return withMembers(this as Dataclass<T>, {
      names: () => info?.attributes.map((attribute) => attribute.name) ?? [],
      find: (name) => {
        const attribute = attributeOf(info, name);
        // Before the catalog is known, only functions can be meant.
        const isFunction = attribute === undefined && (info === undefined || methodOf(info.methods, name, "dataClass") !== undefined);
        return isFunction ? (...values: unknown[]) => this.call(name, ...values) : attribute;
      },
      assign: () => {
        throw new Misuse("A dataclass cannot be written.");
      },
    });
  }

  /** @internal */
  static of<T>(access: Access): DataclassOf<T> {
    return new Dataclass<T>(access) as DataclassOf<T>;
  }

  /** Its datastore (`getDataStore()`). */
  getDataStore(): DataStore {
    return this[INNER].connection.store;
  }

  /** Its description; only its name before the catalog is known (`getInfo()`). */
  getInfo(): Partial<DataclassInfo> & { name: string } {
    const { info, name } = this[INNER];
    return info === undefined ? { name } : structuredClone(info);
  }

  /** The description of an attribute (`dataClass.attributeName`). */
  attribute(name: string): AttributeInfo {
    return { ...this[INNER].attribute(name) };
  }

  /** All entities (`all()`). */
  all(): Query<T> {
    return this.query("");
  }

  /**
   * Entities that fit (`query()`): `query("price < :1 and author.fullName = :2", 20, "Lem@")`. Values never become part of the text. An object at the end
   * holds placeholders with names: `query(":att = :who", { parameters: { who: "Lem@" }, attributes: { att: "author.fullName" } })`.
   */
  query(filter: string, ...values: unknown[]): Query<T> {
    return queryOf<T>(this[INNER], undefined, filter, values);
  }

  /** The entity with a key; null when there is none (`get()`). */
  async get(key: string | number | bigint): Promise<EntityOf<T> | null> {
    const access = await this[INNER].described();
    const row = await access.row(String(key));
    return row === null ? null : Entity.read<T>(access, row);
  }

  /** How many entities there are (`getCount()`). */
  async getCount(): Promise<number> {
    return readPage(await this[INNER].wire.json(Ask.get(encoded(this[INNER].name)).with("$top", "0"))).count;
  }

  /** A blank entity in memory, with these values when they are given (`new()`). */
  new(values: Partial<Typed<T>> | Record<string, unknown> = {}): EntityOf<T> {
    const { connection, name, info } = this[INNER];
    const entity = Entity.read<T>(info === undefined ? connection.access(name) : this[INNER], blankRow());
    for (const [attribute, value] of Object.entries(values)) entity.set(attribute, value);
    return entity;
  }

  /** A selection without entities (`newSelection()`). */
  newSelection(): SelectionOf<T> {
    const shape = { select: undefined, pageSize: this[INNER].wire.pageSize, isExplained: false };
    return Selection.known<T>(this[INNER], { of: "nothing" }, shape, { set: undefined, count: 0, rows: [] });
  }

  /** Creates and updates many: objects with `__KEY` are updated. Each is on its own: some may be saved and others not (`fromCollection()`). */
  async fromCollection(objects: Record<string, unknown>[]): Promise<Status[]> {
    const bodies = objects.map((object) => Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined).map(([name, value]) => [name, sendable(name, value)])));
    return afterwards(this[INNER].writeMany(bodies, false), (saved) => saved.map(({ status }) => status));
  }

  /** Calls a function of the dataclass. */
  call<R = any>(name: string, ...values: unknown[]): Call<R> {
    return new Call(this[INNER].connection, { of: "dataclass", dataclass: this[INNER].name }, name, values);
  }

  /** Calls a function of an entity that need not be read. */
  callEntity<R = any>(key: string | number | bigint, name: string, ...values: unknown[]): Call<R> {
    return new Call(this[INNER].connection, { of: "entity", dataclass: this[INNER].name, key: String(key) }, name, values);
  }

  toJSON(): object {
    return { dataclass: this[INNER].name };
  }

  /** @internal */
  [SHOWN](): object {
    return this.toJSON();
  }
}

function sendable(name: string, value: unknown): Json {
  const json = written(value);
  if (isBytes(json)) throw new Misuse(`"${name}" holds bytes: upload them first, or save the entity by itself.`);
  return json;
}

// Entities (remote-datastore 4.3).

import { type Access } from "./access.js";
import { attributeOf, methodOf, typeOf } from "./catalog.js";
import { Call } from "./call.js";
import { Coming } from "./coming.js";
import { Dataclass, type DataclassOf } from "./dataclass.js";
import { EntityState } from "./entity-state.js";
import { missing, Misuse } from "./errors.js";
import { isObject, type Json, type JsonObject, sameJson, withoutBigInt } from "./json.js";
import type { Kept } from "./kept.js";
import { Media } from "./media.js";
import { handlerOf, INNER, SHOWN, type Typed } from "./members.js";
import { related, RelatedEntity, relatedSelection } from "./related.js";
import { blankRow, copyOf, keyText, relatedKey, type Row } from "./row.js";
import { drop, lock, reload, save, unlock } from "./saving.js";
import { Selection, type SelectionOf } from "./selection.js";
import type { Status } from "./status.js";
import { isBytes, readValue } from "./value.js";

/** An entity with its attributes as properties. */
export type EntityOf<T = any> = Entity & Typed<T>;

/**
 * An entity in memory: what was read, and what was assigned since. Attributes and functions are properties; one that is called as a member of this
 * class is reached by `get`, `set` and `call`. Its lock, if it has one, ends when it is collected.
 */
export class Entity {
  /** @internal */
  readonly [INNER]: EntityState;

  /** @internal */
  constructor(access: Access, row: Row, place?: { kept: Kept; index: number }) {
    this[INNER] = new EntityState(access, row, place);
    return new Proxy(this, HANDLER);
  }

  /** @internal */
  static read<T>(access: Access, row: Row, place?: { kept: Kept; index: number }): EntityOf<T> {
    return new Entity(access, row, place) as EntityOf<T>;
  }

  /** One that a function made and did not save: everything in it is still to be saved. @internal */
  static unsaved<T>(access: Access, row: Row): EntityOf<T> {
    const entity = new Entity(access, blankRow());
    for (const [name, value] of row.values) {
      const key = relatedKey(value);
      const isDeferred = isObject(value) && "__deferred" in value;
      if (value === null || (isDeferred && key === null) || attributeOf(access.info, name)?.readOnly === true) continue;
      entity[INNER].touched.set(name, key === null ? value : { __KEY: key });
    }
    return entity as EntityOf<T>;
  }

  /** The key; null before it is saved (`getKey()`). */
  getKey(): string | null {
    return this[INNER].row.key;
  }

  /** The version; 0 before it is saved (`getStamp()`). */
  getStamp(): number {
    return this[INNER].row.stamp;
  }

  /** Not saved yet (`isNew()`). */
  isNew(): boolean {
    return this[INNER].row.key === null;
  }

  /** The dataclass (`getDataClass()`). */
  getDataClass(): DataclassOf<any> {
    return Dataclass.of(this[INNER].access);
  }

  /** The selection that it was found in; null when there is none (`getSelection()`). */
  getSelection(): SelectionOf<any> | null {
    const { place } = this[INNER];
    return place === undefined ? null : Selection.of(place.kept);
  }

  /** Its place in a selection, from 0; -1 when it is not there. Without one: in the selection that it was found in (`indexOf()`). */
  async indexOf(selection?: Selection): Promise<number> {
    if (selection === undefined) return this[INNER].place?.index ?? -1;
    const key = this.getKey();
    return key === null ? -1 : ((await selection.indexOf(key)) ?? -1);
  }

  /**
   * The value of an attribute with its type: `SimpleDate`, `Date`, `Duration`, `Media`, a `RelatedEntity` or a selection to await, else what JSON has.
   * Undefined when it was not read, or may not be; a new entity has null everywhere.
   */
  get(name: string): unknown {
    const inner = this[INNER];
    const info = attributeOf(inner.access.info, name);
    const type = typeOf(info);
    if (type === "selection") return new Coming(() => relatedSelection(inner, name));
    const raw = inner.raw(name);
    if (raw === undefined) return inner.row.key === null && info !== undefined ? null : undefined;
    if (isBytes(raw)) return raw;
    if (type === "entity" && raw !== null) return new RelatedEntity(isObject(raw) ? relatedKey(raw) : keyText(raw), () => related(inner, name) as Promise<EntityOf<any> | null>);
    return readValue(raw, type, inner.access);
  }

  /** Assigns a value, to be saved by `save`. Of a relation: an entity, its key, or null. Bytes are uploaded when it is saved. */
  set(name: string, value: unknown): void {
    this[INNER].assign(name, value);
  }

  /** What the wire has for an attribute: assigned, else read. */
  raw(name: string): Json | undefined {
    const raw = this[INNER].raw(name);
    return isBytes(raw) ? undefined : structuredClone(raw);
  }

  /** Something was assigned and not saved (`touched()`). */
  touched(): boolean {
    return this[INNER].touched.size > 0;
  }

  /** What was assigned and not saved (`touchedAttributes()`). */
  touchedAttributes(): string[] {
    return [...this[INNER].touched.keys()];
  }

  /**
   * Saves what was assigned (`save()`). Status 2, 3, 5 and 6 say that somebody else was there; nothing is thrown for them. With `merge`, changes of
   * others on other attributes are kept (`kAutoMerge`).
   */
  save(mode?: "merge"): Promise<Status> {
    return this[INNER].alone.run(() => save(this[INNER], mode === "merge"));
  }

  /** Deletes the entity, unless it was saved by somebody else meanwhile; with `force`, even then (`drop()`). */
  drop(mode?: "force"): Promise<Status> {
    return this[INNER].alone.run(() => drop(this[INNER], mode === "force"));
  }

  /** Locks the entity against all other sessions, unless it was saved by somebody else meanwhile; with `reload`, what they saved is taken over (`lock()`). */
  lock(mode?: "reload"): Promise<Status> {
    return this[INNER].alone.run(() => lock(this[INNER], mode === "reload"));
  }

  /** Gives the lock back (`unlock()`). While other objects of this session hold it, it stays. */
  unlock(): Promise<Status> {
    return this[INNER].alone.run(() => unlock(this[INNER]));
  }

  /** Reads the entity again; what was assigned and not saved is forgotten. Status 5 when it is gone (`reload()`). */
  reload(): Promise<Status> {
    return this[INNER].alone.run(() => reload(this[INNER]));
  }

  /** The entity that a relation leads to; null when it leads nowhere (`book.author`). Read once. */
  related<T = any>(relation: string): Promise<EntityOf<T> | null> {
    return related(this[INNER], relation) as Promise<EntityOf<T> | null>;
  }

  /** The entities that a relation leads to (`author.books`). */
  relatedSelection<T = any>(relation: string): Promise<SelectionOf<T>> {
    return relatedSelection(this[INNER], relation) as Promise<SelectionOf<T>>;
  }

  /** The bytes of an image or blob; null when there are none. */
  async bytes(name: string): Promise<Uint8Array | null> {
    const value = this.get(name);
    if (value === null) return null;
    if (value instanceof Media) return value.bytes();
    if (value instanceof Uint8Array) return value;
    if (isBytes(value)) return new Uint8Array(await (value as Blob).arrayBuffer());
    if (value === undefined) throw missing("attribute", `The entity of ${this[INNER].access.name} has no "${name}" here.`);
    throw new Misuse(`"${name}" is no image or blob.`);
  }

  /** The first of its selection (`first()`). */
  async first(): Promise<EntityOf<any> | null> {
    return (await this.getSelection()?.first()) ?? null;
  }

  /** The last of its selection (`last()`). */
  async last(): Promise<EntityOf<any> | null> {
    return (await this.getSelection()?.last()) ?? null;
  }

  /** The one after it in its selection (`next()`). */
  next(): Promise<EntityOf<any> | null> {
    return beside(this[INNER], 1);
  }

  /** The one before it in its selection (`previous()`). */
  previous(): Promise<EntityOf<any> | null> {
    return beside(this[INNER], -1);
  }

  /** All its values as one object, as the wire has them (`toObject()`). */
  toObject(): JsonObject {
    const { row, touched } = this[INNER];
    const values = [...row.values, ...touched].filter((pair): pair is [string, Json] => !isBytes(pair[1]));
    return structuredClone(Object.fromEntries(values));
  }

  /** Assigns the members of an object (`fromObject()`). What is no attribute, or cannot be written, is passed over. */
  fromObject(object: Record<string, unknown>): void {
    const { info } = this[INNER].access;
    for (const [name, value] of Object.entries(object)) {
      const attribute = attributeOf(info, name);
      const isRefused = info !== undefined && (attribute === undefined || attribute.readOnly || attribute.kind === "relatedEntities");
      if (!name.startsWith("__") && !isRefused) this.set(name, value);
    }
  }

  /** The attributes in which two entities differ, with both values (`diff()`). */
  diff(other: Entity): { attributeName: string; value: Json; otherValue: Json }[] {
    const [mine, theirs] = [this.toObject(), other.toObject()];
    const names = [...new Set([...Object.keys(mine), ...Object.keys(theirs)])];
    return names
      .map((attributeName) => ({ attributeName, value: mine[attributeName] ?? null, otherValue: theirs[attributeName] ?? null }))
      .filter(({ value, otherValue }) => !sameJson(value, otherValue));
  }

  /** Another object on the same entity, with what was assigned here and without the lock (`clone()`). */
  clone(): this {
    const { access, row, place, touched } = this[INNER];
    const copy = new Entity(access, copyOf(row), place);
    for (const [name, value] of touched) copy[INNER].touched.set(name, isBytes(value) ? value : structuredClone(value));
    return copy as this;
  }

  /** Calls a function of the entity, as it is saved. */
  call<R = any>(name: string, ...values: unknown[]): Call<R> {
    const { access, row } = this[INNER];
    return new Call(access.connection, { of: "entity", dataclass: access.name, key: row.key }, name, values);
  }

  toJSON(): object {
    return withoutBigInt(this.toObject()) as JsonObject;
  }

  /** @internal */
  [SHOWN](): object {
    const { access, row, touched } = this[INNER];
    return { dataclass: access.name, key: row.key, stamp: row.stamp, touched: [...touched.keys()] };
  }
}

// One for all of them: there are many.
const HANDLER = handlerOf<Entity>({
  names: (entity) => {
    const { row, touched, access } = entity[INNER];
    const known = [...new Set([...row.values.keys(), ...touched.keys()])];
    return row.key === null ? [...new Set([...(access.info?.attributes.map(({ name }) => name) ?? []), ...known])] : known;
  },
  find: (name, entity) => {
    const value = entity.get(name);
    const isFunction = value === undefined && methodOf(entity[INNER].access.info?.methods, name, "entity") !== undefined;
    return isFunction ? (...values: unknown[]) => entity.call(name, ...values) : value;
  },
  assign: (name, value, entity) => {
    if (name in entity) throw new Misuse(`"${name}" is a member of entities: an attribute of that name is assigned with set("${name}", value).`);
    entity.set(name, value);
  },
});

async function beside(entity: EntityState, step: 1 | -1): Promise<EntityOf<any> | null> {
  if (entity.place === undefined) return null;
  const selection = Selection.of(entity.place.kept);
  for (let index = entity.place.index + step; index >= 0 && index < selection.length; index += step) {
    const found = await selection.at(index);
    if (found !== null) return found;
  }
  return null;
}

// What an entity object holds: what was read, and what was assigned since.

import type { Access } from "./access.js";
import { attributeOf, typeOf } from "./catalog.js";
import { beforehand, Misuse } from "./errors.js";
import type { Hold } from "./farewell.js";
import type { Json } from "./json.js";
import type { Kept } from "./kept.js";
import { Mutex } from "./mutex.js";
import { type Row, valueOf } from "./row.js";
import { isBytes, written } from "./value.js";

/** What was assigned at some time. @internal */
export type Taken = ReadonlyMap<string, Json | Uint8Array | Blob>;

let made = 0;

/** @internal */
export class EntityState {
  // Most entities are read and no more: the rest is made when it is used.
  #touched: Map<string, Json | Uint8Array | Blob> | undefined;
  #alone: Mutex | undefined;
  #related: Map<string, Row | null> | undefined;
  /** Ends when the object is collected, at the latest. */
  hold: Hold | undefined;
  /** In the order in which they were made: whoever needs several alone takes them in it. */
  readonly number = (made += 1);
  constructor(public access: Access, public row: Row, readonly place: { kept: Kept; index: number } | undefined) {}

  /** As the wire has them; bytes before they are uploaded. */
  get touched(): Map<string, Json | Uint8Array | Blob> {
    return (this.#touched ??= new Map());
  }

  /** Two savings of one new entity would make two. */
  get alone(): Mutex {
    return (this.#alone ??= new Mutex());
  }

  /** Related entities that were read already. */
  get related(): Map<string, Row | null> {
    return (this.#related ??= new Map());
  }

  savedKey(): string {
    if (this.row.key === null) throw new Misuse("The entity is not saved yet.");
    return this.row.key;
  }

  /** Assigned, else read. Undefined when it was not read, or may not be. */
  raw(name: string): Json | Uint8Array | Blob | undefined {
    return this.#touched?.has(name) === true ? this.#touched.get(name) : valueOf(this.row, name);
  }

  assign(name: string, value: unknown): void {
    if (this.access.info !== undefined) {
      const info = this.access.attribute(name);
      if (info.readOnly || info.kind === "relatedEntities") throw new Misuse(`"${name}" cannot be written.`);
    }
    this.touched.set(name, written(value));
    this.related.delete(name);
  }

  /** What is about to be saved, its bytes uploaded; here they stay what they are, because saving may fail. */
  async uploaded(taken: Taken): Promise<Map<string, Json>> {
    const sent = new Map<string, Json>();
    for (const [name, value] of taken) {
      if (isBytes(value)) {
        const { connection } = this.access;
        const isImage = typeOf(attributeOf(this.access.info, name)) === "image";
        const upload = await beforehand(isImage ? connection.uploadImage(value) : connection.upload(value));
        sent.set(name, { ID: upload.id });
      } else {
        sent.set(name, value);
      }
    }
    return sent;
  }

  /** Takes over what the server has now. What was assigned while `taken` was on its way is still to be saved. */
  take(row: Row | undefined, taken: Taken): void {
    if (row !== undefined) this.row = row;
    for (const [name, value] of taken) if (this.touched.get(name) === value) this.touched.delete(name);
    this.related.clear();
  }
}

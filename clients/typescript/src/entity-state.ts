// What an entity object holds: what was read, and what was assigned since.

import type { Access } from "./access.js";
import { attributeOf, typeOf } from "./catalog.js";
import { Misuse } from "./errors.js";
import type { Hold } from "./farewell.js";
import type { Json } from "./json.js";
import type { Kept } from "./kept.js";
import type { Row } from "./row.js";
import { isBytes, written } from "./value.js";

/** @internal */
export class EntityState {
  /** As the wire has them; bytes before they are uploaded. */
  readonly touched = new Map<string, Json | Uint8Array | Blob>();
  /** Ends when the object is collected, at the latest. */
  hold: Hold | undefined;
  /** Related entities that were read already. */
  readonly related = new Map<string, Row | null>();

  constructor(public access: Access, public row: Row, readonly place: { kept: Kept; index: number } | undefined) {}

  savedKey(): string {
    if (this.row.key === null) throw new Misuse("The entity is not saved yet.");
    return this.row.key;
  }

  /** Assigned, else read. Undefined when it was not read, or may not be. */
  raw(name: string): Json | Uint8Array | Blob | undefined {
    return this.touched.has(name) ? this.touched.get(name) : this.row.values.get(name);
  }

  assign(name: string, value: unknown): void {
    if (this.access.info !== undefined) {
      const info = this.access.attribute(name);
      if (info.readOnly || info.kind === "relatedEntities") throw new Misuse(`"${name}" cannot be written.`);
    }
    this.touched.set(name, written(value));
    this.related.delete(name);
  }

  /** What was assigned, its bytes uploaded. */
  async uploaded(): Promise<Map<string, Json>> {
    for (const [name, value] of this.touched) {
      if (!isBytes(value)) continue;
      const { connection } = this.access;
      const isImage = typeOf(attributeOf(this.access.info, name)) === "image";
      const upload = await (isImage ? connection.uploadImage(value) : connection.upload(value));
      this.touched.set(name, { ID: upload.id });
    }
    return this.touched as Map<string, Json>;
  }

  /** Takes over what the server has now. */
  take(row: Row): void {
    this.row = row;
    this.settle();
  }

  /** Nothing is left to save. */
  settle(): void {
    this.touched.clear();
    this.related.clear();
  }
}

// What an entity is related to; read on first use.

import { attributeOf } from "./catalog.js";
import { Access } from "./access.js";
import { Coming } from "./coming.js";
import { Entity, type EntityOf } from "./entity.js";
import type { EntityState } from "./entity-state.js";
import { missing, Misuse } from "./errors.js";
import { isObject } from "./json.js";
import { Kept } from "./kept.js";
import { copyOf, keyText, readRow, relatedKey, type Row, valueOf } from "./row.js";
import { Selection, type SelectionOf } from "./selection.js";

/** The value of a relation to one entity: `await` reads the entity, or gives null when it is gone. */
export class RelatedEntity<T = any> extends Coming<EntityOf<T> | null> {
  /** @internal */
  constructor(
    /** The key of what it leads to. */
    readonly key: string | null,
    ask: () => Promise<EntityOf<T> | null>,
  ) {
    super(ask);
  }
}

/** The entity that a relation leads to; read once. @internal */
export async function related(entity: EntityState, relation: string): Promise<Entity | null> {
  const access = (entity.access = await entity.access.described());
  const info = access.attribute(relation);
  if (info.kind !== "relatedEntity") throw new Misuse(`"${relation}" does not lead to one entity.`);
  const target = await access.connection.access(info.type).described();
  let row = entity.related.get(relation);
  if (row === undefined) {
    row = await find(entity, target, relation);
    entity.related.set(relation, row);
  }
  return row === null ? null : Entity.read(target, copyOf(row));
}

async function find(entity: EntityState, target: Access, relation: string): Promise<Row | null> {
  const value = entity.raw(relation);
  if (value === null || (value === undefined && entity.row.key === null)) return null;
  // It was expanded.
  if (isObject(value) && "__STAMP" in value) return readRow(value);
  let key = isObject(value) ? relatedKey(value) : keyText(value as string);
  if (value === undefined) {
    // It was not among what was read.
    const row = await entity.access.row(entity.savedKey(), relation);
    key = relatedKey(row === null ? undefined : valueOf(row, relation));
  }
  return key === null ? null : target.row(key);
}

/** The entities that a relation leads to. @internal */
export async function relatedSelection(entity: EntityState, relation: string): Promise<SelectionOf<any>> {
  const access = (entity.access = await entity.access.described());
  if (access.attribute(relation).kind !== "relatedEntities") throw new Misuse(`"${relation}" does not lead to several entities.`);
  const target = await targetOf(access, relation);
  const shape = { select: undefined, pageSize: access.wire.pageSize, isExplained: false };
  const { key } = entity.row;
  if (key === null) return Selection.known(target, { of: "nothing" }, shape, { set: undefined, count: 0, rows: [] });
  return Selection.asked(new Kept(target, { of: "related", address: access.address(key), attribute: relation }, shape));
}

/** The dataclass that a relation to several entities leads to. @internal */
export async function targetOf(access: Access, relation: string): Promise<Access> {
  const collection = attributeOf(access.info, relation)?.type;
  const info = (await access.connection.catalog()).dataClasses.find((dataclass) => dataclass.collectionName === collection);
  if (info === undefined) throw missing("dataclass", `${collection} is of no dataclass.`);
  return new Access(access.connection, info.name, info);
}

// Saving, deleting, locking, reading again (remote-datastore 4.3, data-model 6).

import type { Access, Saved } from "./access.js";
import { attributeOf, typeOf } from "./catalog.js";
import type { EntityState, Taken } from "./entity-state.js";
import { afterwards, Validation } from "./errors.js";
import { Hold } from "./farewell.js";
import { type Json, sameJson } from "./json.js";
import { failed, isConflict, type Status } from "./status.js";
import { quotedIn } from "./told.js";

/** @internal */
export async function save(entity: EntityState, merges: boolean): Promise<Status> {
  entity.access = await entity.access.described();
  const { key, stamp } = entity.row;
  if (entity.touched.size === 0 && key !== null) return { success: true };
  const taken = new Map(entity.touched);
  const values = await entity.uploaded(taken);
  return afterwards(entity.access.saveRow(key, stamp, values), async (saved, isLost) => {
    if (saved.status.status !== 2 || !merges || key === null || isLost) return after(entity, saved, taken, false);
    const stored = saved.row?.key == null ? await entity.access.row(key) : saved.row;
    if (stored === null) return failed(5);
    const hindrance = hindranceOf(entity.access, entity.row.values, stored.values, values);
    if (hindrance !== undefined) return failed(hindrance);
    return afterwards(entity.access.saveRow(key, stored.stamp, values), (again) => after(entity, again, taken, true));
  });
}

/** Takes over what the server has now. @internal */
export function after(entity: EntityState, saved: Saved, taken: Taken, isMerged: boolean): Status {
  const { status, row } = saved;
  if (status.success) {
    entity.take(row, taken);
    return isMerged ? { ...status, autoMerged: true } : status;
  }
  if (isConflict(status)) return status;
  throw invalid(status);
}

/** @internal */
export async function drop(entity: EntityState, forces: boolean): Promise<Status> {
  const key = entity.savedKey();
  if (!forces) entity.access = await entity.access.described();
  return afterwards(forces ? entity.access.dropRow(key) : entity.access.dropRowIf(key, entity.row.stamp), (status) => {
    if (status.success) {
      // The lock went with it.
      entity.hold?.end();
      entity.hold = undefined;
    } else if (!isConflict(status)) {
      throw invalid(status);
    }
    return status;
  });
}

/** @internal */
export async function lock(entity: EntityState, reloads: boolean): Promise<Status> {
  const key = entity.savedKey();
  const { access } = entity;
  const [status, hold] = await access.wire.session.inTurn(access.name, key, async (): Promise<[Status, Hold | undefined]> => {
    const told = await access.askLock(key, true);
    return [told, told.success ? new Hold(access, key) : undefined];
  });
  if (hold === undefined) return status;
  let isKept = false;
  try {
    // Read once it cannot change any more.
    const row = await access.row(key);
    if (row === null) return failed(5);
    if (row.stamp !== entity.row.stamp) {
      if (!reloads) return failed(2);
      entity.take(row, new Map(entity.touched));
      status.wasReloaded = true;
    }
    // It counts once for this object.
    entity.hold?.end();
    entity.hold = hold;
    isKept = true;
    return status;
  } finally {
    if (!isKept) await giveBack(access, hold).catch(() => undefined);
  }
}

/** @internal */
export async function unlock(entity: EntityState): Promise<Status> {
  const key = entity.savedKey();
  const { access, hold } = entity;
  entity.hold = undefined;
  if (hold?.isCurrent === true) return giveBack(access, hold);
  const { session } = access.wire;
  return session.inTurn(access.name, key, async () => (session.isHeld(access.name, key) ? { success: true } : access.askLock(key, false)));
}

function giveBack(access: Access, hold: Hold): Promise<Status> {
  return access.wire.session.inTurn(access.name, hold.key, async () => (hold.end() ? access.askLock(hold.key, false) : { success: true }));
}

/** @internal */
export async function reload(entity: EntityState): Promise<Status> {
  const key = entity.savedKey();
  entity.access = await entity.access.described();
  const row = await entity.access.row(key);
  if (row === null) return failed(5);
  entity.take(row, new Map(entity.touched));
  return { success: true };
}

/** Status 4 is thrown: a value breaks a rule. @internal */
export function invalid(status: Status): Validation {
  return new Validation(quotedIn(status.errors?.[0]?.message), status.errors ?? []);
}

/**
 * The status when changes of two sides cannot stand together. An image's address changes with each stamp, so that its changes cannot be seen: who has
 * touched one cannot merge.
 */
function hindranceOf(access: Access, read: Map<string, Json>, stored: Map<string, Json>, touched: Map<string, Json>): 2 | 6 | undefined {
  const type = (name: string) => typeOf(attributeOf(access.info, name));
  const isMedia = (name: string) => ["image", "blob"].includes(type(name));
  if ([...touched.keys()].some((name) => type(name) === "object" || isMedia(name))) return 2;
  for (const [name, now] of stored) {
    if (isMedia(name) || (read.has(name) && sameJson(read.get(name), now))) continue;
    // What was not read: nobody knows whether it has changed.
    if (read.has(name) && type(name) === "object") return 2;
    if (touched.has(name)) return 6;
  }
  return undefined;
}

// How a selection is found, so that it can be found again when the server has forgotten it (remote-datastore 5).

import type { Access } from "./access.js";
import { Ask, encoded } from "./ask.js";
import { hasTextKey, singleKeyOf } from "./catalog.js";
import { missing, Misuse, Protocol } from "./errors.js";
import { EntitySet } from "./farewell.js";
import type { Filter } from "./filter.js";
import type { Json } from "./json.js";
import type { Kept } from "./kept.js";
import { keyText, type Page, readPage } from "./row.js";

/** What was asked for. @internal */
export type Origin =
  /** Of the whole dataclass. */
  | { of: "query"; filter: Filter | undefined; order: string | undefined }
  /** Of another selection. */
  | { of: "refined"; base: Kept; filter: Filter | undefined; order: string | undefined }
  /** Of two others. */
  | { of: "combined"; left: Kept; right: Kept; operator: "AND" | "OR" | "EXCEPT" }
  /** What belongs to an entity. */
  | { of: "related"; address: string; attribute: string }
  /** Entities with one of these keys at a path: mostly their own, else those of `owner`. */
  | Among
  /** A function made it; it cannot be found again. */
  | { of: "called" }
  | { of: "nothing" };

/** @internal */
export type Among = { of: "among"; owner: Access; path: string; values: Json[]; order: string | undefined };

/** Keys of one request: its address stays short enough for any server. @internal */
export const KEYS_AT_ONCE = 100;

/** Has an order of its own. @internal */
export function isOrdered(origin: Origin): boolean {
  switch (origin.of) {
    case "query": return origin.order !== undefined || /order by/i.test(origin.filter?.text ?? "");
    case "refined": return origin.order !== undefined || isOrdered(origin.base.origin);
    case "combined": return isOrdered(origin.left.origin);
    default: return false;
  }
}

/** Can be asked for again. @internal */
export function canBeFoundAgain(origin: Origin): boolean {
  return origin.of !== "called" && basesOf(origin).every((base) => canBeFoundAgain(base.origin));
}

/** What it is made of. @internal */
export function basesOf(origin: Origin): Kept[] {
  if (origin.of === "refined") return [origin.base];
  return origin.of === "combined" ? [origin.left, origin.right] : [];
}

/** The request for it, without page and attributes, and a set that it needs alive. `keep`: the server makes an entity set of it. @internal */
export async function prepare(origin: Origin, access: Access, keep: boolean): Promise<{ ask: Ask; needs?: EntitySet }> {
  const kept = (ask: Ask) => ask.with("$method", keep ? "entityset" : undefined);
  switch (origin.of) {
    case "query": return { ask: kept(refined(Ask.get(encoded(access.name)), origin.filter, origin.order)) };
    case "refined": return { ask: kept(refined(Ask.get(setPath(access.name, await origin.base.set())), origin.filter, origin.order)) };
    case "combined": return { ask: kept(combined(access.name, await origin.left.set(), origin.operator, await origin.right.set())) };
    case "related": {
      const { address, attribute } = origin;
      return { ask: Ask.get(`${address}/${encoded(attribute)}`).with("$expand", attribute).with("$method", "subentityset") };
    }
    case "among": {
      if (!isOwn(origin, access)) await checkKeys(origin);
      const among = (values: Json[]) => havingKeys(access, origin.path, values, origin.order);
      if (origin.values.length <= KEYS_AT_ONCE) return { ask: kept(among(origin.values)) };
      const part = (at: number) => origin.values.slice(at, at + KEYS_AT_ONCE);
      const isChecked = isBlurred(origin, access);
      let all = await stored(access, among(part(0)), isChecked ? part(0) : undefined);
      for (let at = KEYS_AT_ONCE; at < origin.values.length; at += KEYS_AT_ONCE) {
        const more = await stored(access, among(part(at)), isChecked ? part(at) : undefined);
        const both = await stored(access, combined(access.name, all.id, "OR", more.id));
        all.release();
        more.release();
        all = both;
      }
      return { ask: kept(refined(Ask.get(setPath(access.name, all.id)), undefined, origin.order)), needs: all };
    }
    default: throw missing("entitySet", "The selection cannot be found again.");
  }
}

/** Makes a set of what is asked for. With `wanted` it is refused when it has entities of other keys. */
async function stored(access: Access, ask: Ask, wanted?: Json[]): Promise<EntitySet> {
  const kept = ask.with("$method", "entityset");
  const page = readPage(await access.wire.json(wanted === undefined ? kept.with("$top", "0") : withKeys(kept, access, wanted)));
  if (wanted !== undefined) refuseOthers(access, page, wanted);
  if (page.set === undefined) throw noSet();
  return new EntitySet(access.wire, page.set);
}

/** Its keys are those of its own entities. */
function isOwn(origin: Among, access: Access): boolean {
  return origin.path === singleKeyOf(access.info);
}

/** Known by keys of its own that comparing may not tell from others. @internal */
export function isBlurred(origin: Origin, access: Access): origin is Among {
  return origin.of === "among" && isOwn(origin, access) && hasTextKey(access.info);
}

/** The request for entities with these keys. @internal */
export function havingKeys(access: Access, path: string, values: Json[], order?: string): Ask {
  return refined(Ask.get(encoded(access.name)), { text: `${path} in :1`, params: [values] }, order);
}

/** Asks for the keys of what is found: one more than wanted shows that there are others. @internal */
export function withKeys(ask: Ask, access: Access, wanted: Json[]): Ask {
  return ask.with("$top", String(wanted.length + 1)).with("$attributes", access.singleKey());
}

/** Refuses what was found `withKeys` when there are entities of other keys; a set of it is given back. @internal */
export function refuseOthers(access: Access, page: Page, wanted: Json[]): void {
  const keys = new Set(wanted.map(keyText));
  const other = page.rows.find((row) => row.key !== null && !keys.has(row.key));
  if (other === undefined && page.count <= page.rows.length) return;
  if (page.set !== undefined) new EntitySet(access.wire, page.set).release();
  throw new Misuse(`The server cannot tell the keys of this selection from others: ${other?.key ?? `${page.count} entities`} in ${access.name}`);
}

/** Refuses keys of the other side of a relation that comparing does not tell from others. */
async function checkKeys({ owner, values }: Among): Promise<void> {
  if (!hasTextKey(owner.info)) return;
  for (let at = 0; at < values.length; at += KEYS_AT_ONCE) {
    const wanted = values.slice(at, at + KEYS_AT_ONCE);
    const ask = withKeys(havingKeys(owner, owner.singleKey(), wanted), owner, wanted);
    refuseOthers(owner, readPage(await owner.wire.json(ask)), wanted);
  }
}

/** The server answered without the set that it was asked to make. @internal */
export function noSet(): Protocol {
  return new Protocol("The answer names no entity set", "");
}

/** @internal */
export function setPath(dataclass: string, id: string): string {
  return `${encoded(dataclass)}/$entityset/${encoded(id)}`;
}

function combined(dataclass: string, left: string, operator: string, right: string): Ask {
  return Ask.get(setPath(dataclass, left)).with("$logicOperator", operator).with("$otherCollection", right);
}

/** With filter and order. @internal */
export function refined(ask: Ask, filter: Filter | undefined, order: string | undefined): Ask {
  let made = ask;
  if (filter !== undefined) made = made.quoted("$filter", filter.text);
  if (filter !== undefined && filter.params.length > 0) made = made.params(filter.params);
  return order === undefined ? made : made.quoted("$orderby", order);
}

// How a selection is found, so that it can be found again when the server has forgotten it (remote-datastore 5).

import type { Access } from "./access.js";
import { Ask, encoded, keyed } from "./ask.js";
import { missing, Protocol } from "./errors.js";
import { EntitySet } from "./farewell.js";
import type { Filter } from "./filter.js";
import type { Json } from "./json.js";
import type { Kept } from "./kept.js";
import { readPage } from "./row.js";

/** What was asked for. @internal */
export type Origin =
  /** Of the whole dataclass. */
  | { of: "query"; filter: Filter | undefined; order: string | undefined }
  /** Of another selection. */
  | { of: "refined"; base: Kept; filter: Filter | undefined; order: string | undefined }
  /** Of two others. */
  | { of: "combined"; left: Kept; right: Kept; operator: "AND" | "OR" | "EXCEPT" }
  /** What belongs to an entity. */
  | { of: "related"; dataclass: string; key: string; attribute: string }
  /** Entities with one of these values at a path: mostly their keys. */
  | { of: "among"; path: string; values: Json[]; order: string | undefined }
  /** A function made it; it cannot be found again. */
  | { of: "called" }
  | { of: "nothing" };

/** Keys of one request: its address stays short enough for any server. @internal */
export const KEYS_AT_ONCE = 100;

/** Has an order of its own. @internal */
export function isOrdered(origin: Origin): boolean {
  switch (origin.of) {
    case "query": return origin.order !== undefined || /order by/i.test(origin.filter?.text ?? "");
    case "among": return origin.order !== undefined;
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
      const { dataclass, key, attribute } = origin;
      return { ask: Ask.get(`${keyed(dataclass, key)}/${encoded(attribute)}`).with("$expand", attribute).with("$method", "subentityset") };
    }
    case "among": {
      const among = (values: Json[]) => refined(Ask.get(encoded(access.name)), { text: `${origin.path} in :1`, params: [values] }, origin.order);
      if (origin.values.length <= KEYS_AT_ONCE) return { ask: kept(among(origin.values)) };
      let all = await stored(access, among(origin.values.slice(0, KEYS_AT_ONCE)));
      for (let at = KEYS_AT_ONCE; at < origin.values.length; at += KEYS_AT_ONCE) {
        const more = await stored(access, among(origin.values.slice(at, at + KEYS_AT_ONCE)));
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

/** Makes a set of what is asked for. */
async function stored(access: Access, ask: Ask): Promise<EntitySet> {
  const page = readPage(await access.wire.json(ask.with("$method", "entityset").with("$top", "0")));
  if (page.set === undefined) throw noSet();
  return new EntitySet(access.wire, page.set);
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

/// <reference lib="esnext.disposable" preserve="true" />
// Objects whose attributes, dataclasses and functions are properties.

import type { Entity } from "./entity.js";

/** What an object is inside. @internal */
export const INNER: unique symbol = Symbol("inner");

/** How Node prints an object. @internal */
export const SHOWN: unique symbol = Symbol.for("nodejs.util.inspect.custom") as never;

/** `await using`, where the platform does not know it yet. */
export const DISPOSE: typeof Symbol.asyncDispose = Symbol.asyncDispose ?? (Symbol.for("Symbol.asyncDispose") as typeof Symbol.asyncDispose);

/** @internal */
export interface Members<T extends object> {
  /** The value of a member; undefined when there is none. */
  find(name: string, object: T): unknown;
  /** Names to enumerate. */
  names(object: T): string[];
  assign(name: string, value: unknown, object: T): void;
}

/** The object's own members come first. `then` is never found, so that objects can be awaited. @internal */
export function withMembers<T extends object>(object: T, members: Members<T>): T {
  return new Proxy(object, handlerOf(members));
}

/** The same for all objects of a kind. @internal */
export function handlerOf<T extends object>(members: Members<T>): ProxyHandler<T> {
  const finds = (name: string | symbol, object: T): name is string => typeof name === "string" && name !== "then" && !(name in object);
  return {
    get: (target, name, receiver) => (finds(name, target) ? members.find(name, target) : Reflect.get(target, name, receiver)),
    has: (target, name) => name in target || (typeof name === "string" && members.names(target).includes(name)),
    set: (target, name, value) => {
      members.assign(String(name), value, target);
      return true;
    },
    deleteProperty: () => false,
    ownKeys: (target) => [...new Set([...Reflect.ownKeys(target), ...members.names(target).filter((name) => finds(name, target))])],
    getOwnPropertyDescriptor: (target, name) => {
      if (!finds(name, target)) return Reflect.getOwnPropertyDescriptor(target, name);
      const isThere = members.names(target).includes(name);
      return isThere ? { value: members.find(name, target), enumerable: true, configurable: true, writable: true } : undefined;
    },
  };
}

/** What `claviger client types` makes of a dataclass: members of its entities, of its selections, and its own. */
export interface Described {
  $entity: object;
  $selection: object;
  $dataclass: object;
}

/** What is not typed has members of any kind. */
export type Typed<T> = unknown extends T ? { [name: string]: any } : T extends Described ? Besides<Entity, T["$entity"]> : T;

/** Members besides an object's own, which come first; `then` is none, so that objects can be awaited. */
export type Besides<Own, More> = keyof More & (keyof Own | keyof object | "then" | "constructor" | "toString" | "valueOf") extends never
  ? More
  : Omit<More, keyof Own | keyof object | "then" | "constructor" | "toString" | "valueOf">;

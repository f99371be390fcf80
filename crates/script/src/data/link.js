// ---- The operator's classes, before what the data API offers ----

/** What objects of a class are made of, and the function behind one that asks for its permission first. */
const prototypes = new WeakMap();
const originals = new WeakMap();
const unguarded = (code) => {
  while (originals.has(code)) code = originals.get(code).code;
  return code;
};

/** Asks for the permission to execute, and lends what the function promotes while it runs. */
const guarded = (name, code) => {
  const { wrapper } = {
    wrapper(...values) {
      if (!call.guarded.has(name)) return Reflect.apply(code, this, values);
      const ticket = host("enter", name);
      const leave = () => { host("leave", ticket); };
      let result;
      try {
        result = Reflect.apply(code, this, values);
      } catch (error) {
        leave();
        throw error;
      }
      if (result instanceof Promise) return result.finally(leave);
      leave();
      return result;
    },
  };
  const { name: shown, length } = unguarded(code);
  Object.defineProperties(wrapper, { name: { value: shown }, length: { value: length } });
  originals.set(wrapper, { code, name });
  return wrapper;
};
/** What a class of the operator has itself, or from a class that it extends. */
const memberOf = (start, name) => {
  for (let holder = start; holder !== null && holder !== Object.prototype && !apiPrototypes.has(holder); holder = Object.getPrototypeOf(holder)) {
    const found = Object.getOwnPropertyDescriptor(holder, name);
    if (found !== undefined) return found;
  }
  return undefined;
};
const bases = { entity: entityBases, selection: selectionBases, dataclass: dataclassBases };
const apiPrototypes = new Set([DATASTORE, ...Object.values(bases).flatMap((all) => [...all.values()])]);
/** Has functions asked for: those that the caller may not call, or that lend something; or all of them. Gives the code behind. */
const guard = (info, prototype, isEvery) => {
  const owner = info.kind === "datastore" ? "ds" : (info.dataclass ?? info.name);
  const behind = [];
  for (const name of info.methods) {
    if (!isEvery && !call.guarded.has(`${owner}.${name}`)) continue;
    const found = memberOf(prototype, name)?.value;
    if (typeof found !== "function") continue;
    // A class of two names is asked for by both.
    const code = originals.get(found)?.name === `${owner}.${name}` ? originals.get(found).code : found;
    behind.push(unguarded(code));
    Object.defineProperty(prototype, name, { value: guarded(`${owner}.${name}`, code), writable: true, enumerable: false, configurable: true });
  }
  return behind;
};
/** The caller's privileges are others from now on: these functions are asked for, too. */
const guardAlso = (names) => {
  call.guarded = new Set([...call.guarded, ...names]);
  for (const { info, Class } of call.linked ?? []) {
    guard(info, Class.prototype, false);
    const made = prototypes.get(Class)?.prototype;
    if (made !== undefined && made !== Class.prototype) guard(info, made, false);
  }
};
/**
 * Makes a class inherit from the data API; gives what it has made besides. What several classes inherit from each other can have one base only:
 * later ones get copies of theirs. `isForAll`: the class serves callers with other rules, too.
 */
const link = (info, Class, isForAll) => {
  const { kind, dataclass } = info;
  const made = guard(info, Class.prototype, isForAll);
  if (!isForAll) (call.linked ??= []).push({ info, Class });
  // The engine's own error does not say which.
  if (kind === "entity")
    for (const name of info.getters) {
      const found = memberOf(Class.prototype, name);
      if (found === undefined || info.setters.has(name) || found.set !== undefined) continue;
      const set = () => { throw new TypeError(`${dataclass}.${name} cannot be changed`); };
      Object.defineProperty(Class.prototype, name, { get: found.get, set, enumerable: false, configurable: true });
    }
  const base = kind === "datastore" ? DATASTORE : bases[kind]?.get(dataclass);
  if (base === undefined) return made;
  const holders = [];
  for (let holder = Class.prototype; holder !== Object.prototype && holder !== null && !apiPrototypes.has(holder); holder = Object.getPrototypeOf(holder)) holders.push(holder);
  const root = holders.at(-1);
  let prototype = Class.prototype;
  if (Object.getPrototypeOf(root) === Object.prototype && Object.isExtensible(root)) Object.setPrototypeOf(root, base);
  else if (Object.getPrototypeOf(root) !== base) {
    prototype = Object.create(base);
    for (const holder of holders.reverse())
      for (const key of Reflect.ownKeys(holder)) {
        const found = Object.getOwnPropertyDescriptor(holder, key);
        // Of classes that are frozen, too.
        if ("value" in found) found.writable = true;
        Object.defineProperty(prototype, key, { ...found, configurable: true });
      }
  }
  const target = prototype === Class.prototype ? Class : Object.defineProperty(function () {}, "prototype", { value: prototype });
  prototypes.set(Class, { prototype, Class, target });
  made.push(prototype, target);
  return made;
};

/** What entities, selections and dataclasses are made of, by class, where it is the same in all calls. */
const settledShapes = new Map();
const shapeOf = (name, dc, api) => {
  let shape = settledShapes.get(name) ?? call.shapes?.get(name);
  if (shape !== undefined) return shape;
  const isOurs = tools.info(name) === undefined;
  shape = isOurs ? { prototype: api.get(dc.name), Class: null } : prototypes.get(tools.load(name));
  (isOurs || tools.isSettled(name) ? settledShapes : (call.shapes ??= new Map())).set(name, shape);
  return shape;
};
/** An object of the operator's class where there is one, with its fields and private methods; else of the data API's own. */
const newObject = (suffix, dc, api) => {
  const shape = shapeOf(dc.names[suffix], dc, api);
  if (shape.Class === null) return Object.create(shape.prototype);
  const object = Reflect.construct(shape.Class, [], shape.target);
  // Such a field would hide the attribute, and nothing that is assigned would be saved.
  for (const field of Object.keys(object))
    if (field in api.get(dc.name)) throw new TypeError(`${dc.names[suffix]} has a field ${field}, which ${dc.name} has already`);
  return object;
};

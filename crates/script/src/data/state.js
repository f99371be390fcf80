// ---- What belongs to the running call, and what objects hide ----

const fail = (message, errCode) => {
  const error = new Error(message);
  if (errCode !== undefined) error.errCode = errCode;
  throw error;
};
/** An answer of the server that is not of the form it must have. */
const wrongAnswer = () => fail("the server's answer has the wrong form");
const isObject = (value) => typeof value === "object" && value !== null;
const isPlain = (value) => {
  if (!isObject(value)) return false;
  const above = Object.getPrototypeOf(value);
  return above === Object.prototype || above === null;
};

/** Assigns a member of the object itself, whatever its name means elsewhere. */
const setOwn = (object, name, value) => Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });

/** Dataclasses by name; with each its attributes by name. */
const dataclasses = new Map();
for (const dc of MODEL.dataclasses) {
  dc.byName = new Map();
  /** N -> 1 attributes by the name of an attribute of their foreign key. */
  dc.references = new Map();
  for (const attribute of dc.attributes) {
    dc.byName.set(attribute.name, attribute);
    (attribute.foreignKey ?? []).forEach((name, part) => dc.references.set(name, { attribute, part }));
  }
  dataclasses.set(dc.name, dc);
}

let call = null;
let lastCall = 0;
const begin = (caller) => {
  call = {
    number: ++lastCall,
    caller: caller ?? {},
    guarded: new Set(Array.isArray(caller?.guarded) ? caller.guarded : []),
    /** Classes that were linked, as they were then. */
    linked: [],
    /** How often entities of a dataclass were changed: what was loaded before is not used any more. */
    changes: new Map(),
    /** Changes that may touch any dataclass. */
    allChanges: 0,
    /** Transactions that are open. */
    depth: 0,
    /** Entities of the open transaction by dataclass and key: there is only one copy of each (ST-6). */
    copies: null,
    dataclasses: new Map(),
    /** What entities, selections and dataclasses are made of, by class. */
    prototypes: new Map(),
    datastore: null,
    /** The caller's key, once it was asked for. */
    key: null,
    storage: null,
    singletons: new Map(),
    /** Other applications' datastores that are open, by the server's numbers. */
    remotes: new Map(),
  };
};
const forget = () => { call = null; };
const version = (dc) => `${call.number}.${call.allChanges}.${call.changes.get(dc.name) ?? 0}`;
const changed = (dc) => call.changes.set(dc.name, (call.changes.get(dc.name) ?? 0) + 1);

/** Makes a private member on objects that are made elsewhere: nothing but this file's functions can see or forge it. */
class Given { constructor(object) { return object; } }
class EntityHolder extends Given {
  #state;
  constructor(object, state) { super(object); this.#state = state; }
  static of(value) { return isObject(value) && #state in value ? value.#state : null; }
}
class SelectionHolder extends Given {
  #state;
  constructor(object, state) { super(object); this.#state = state; }
  static of(value) { return isObject(value) && #state in value ? value.#state : null; }
}
class DataclassHolder extends Given {
  #dc;
  constructor(object, dc) { super(object); this.#dc = dc; }
  static of(value) { return isObject(value) && #dc in value ? value.#dc : null; }
}
const entityState = (value) => EntityHolder.of(value) ?? fail("this is no entity");
const dataclassOf = (value) => DataclassHolder.of(value) ?? fail("this is no dataclass");
const selectionState = (value) => {
  const state = SelectionHolder.of(value) ?? fail("this is no entity selection");
  if (state.call !== call.number) fail("the entity selection belongs to a call that has ended");
  return state;
};

const freeze = Object.freeze;
/** Puts the members of `of` on a prototype, not enumerable as methods are. */
const addMembers = (to, of) => {
  for (const name of Reflect.ownKeys(of))
    Object.defineProperty(to, name, { ...Object.getOwnPropertyDescriptor(of, name), enumerable: false });
  return to;
};

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
  /** Its name as JSON. */
  dc.text = JSON.stringify(dc.name);
  /** N -> 1 attributes by the name of an attribute of their foreign key. */
  dc.references = new Map();
  /** Attributes that others' changes are not merged with, whoever has touched them (ST-5). */
  dc.whole = dc.attributes.filter(({ kind, type }) => kind === "storage" && (type === "object" || type === "image" || type === "blob")).map(({ name }) => name);
  for (const attribute of dc.attributes) {
    dc.byName.set(attribute.name, attribute);
    (attribute.foreignKey ?? []).forEach((name, part) => dc.references.set(name, { attribute, part }));
  }
  /** Of the operator's classes. */
  dc.names = { "": dc.name, Entity: `${dc.name}Entity`, Selection: `${dc.name}Selection` };
  dataclasses.set(dc.name, dc);
}

let call = null;
let lastCall = 0;
const NONE = new Set();
/** What most calls have no use for is made when it is needed. */
const begin = (caller) => {
  call = {
    number: ++lastCall,
    caller,
    guarded: Array.isArray(caller?.guarded) && caller.guarded.length > 0 ? new Set(caller.guarded) : NONE,
    /** Classes of the call's own that were linked, as they were then. */
    linked: null,
    /** How often entities of a dataclass were changed: what was loaded before is not used any more. */
    changes: null,
    /** Changes that may touch any dataclass. */
    allChanges: 0,
    /** Transactions that are open. */
    depth: 0,
    /** Entities of the open transaction by dataclass and key: there is only one copy of each (ST-6). */
    copies: null,
    dataclasses: null,
    /** What objects are made of, by class, where a class is the call's own. */
    shapes: null,
    datastore: null,
    /** The caller's key, once it was asked for. */
    key: null,
    storage: null,
    singletons: null,
    /** Other applications' datastores that are open, by the server's numbers. */
    remotes: null,
  };
};
const forget = () => { call = null; };
const changesOf = (dc) => call.changes?.get(dc.name) ?? 0;
const version = (dc) => `${call.number}.${call.allChanges}.${changesOf(dc)}`;
const changed = (dc) => (call.changes ??= new Map()).set(dc.name, changesOf(dc) + 1);

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

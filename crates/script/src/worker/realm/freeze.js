// ---- Freezing ----

/** Own properties of these are assigned on other objects by ordinary code (`error.name = …`), which a frozen prototype would refuse. */
const assigned = [Object.prototype, ...[Error, ...Object.values(errors), AggregateError, InternalError].map((error) => error.prototype)];
const letAssign = (holder) => {
  for (const key of Reflect.ownKeys(holder)) {
    const { value, writable, enumerable } = Object.getOwnPropertyDescriptor(holder, key);
    if (!writable) continue;
    Object.defineProperty(holder, key, {
      get: () => value,
      set(next) {
        if (this === holder) throw new TypeError(`${String(key)} cannot be changed`);
        setOwn(this, key, next);
      },
      enumerable,
      configurable: false,
    });
  }
};
/** What is frozen already. */
const seen = new Set([globalThis]);
/** Freezes these and all that properties and prototypes lead to from them. */
const freezeFrom = (roots) => {
  const waiting = [];
  const reach = (value) => {
    if (((typeof value === "object" && value !== null) || typeof value === "function") && !seen.has(value)) {
      seen.add(value);
      waiting.push(value);
    }
  };
  roots.forEach(reach);
  for (let object; (object = waiting.pop()) !== undefined; ) {
    Object.freeze(object);
    reach(Object.getPrototypeOf(object));
    for (const key of Reflect.ownKeys(object)) {
      const { value, get, set } = Object.getOwnPropertyDescriptor(object, key);
      [value, get, set].forEach(reach);
    }
  }
};
const freezeAll = () => {
  for (const name of ["toString", "constructor"]) {
    const value = Function.prototype[name];
    Object.defineProperty(Function.prototype, name, {
      get: () => value,
      set(next) {
        if (this === Function.prototype) throw new TypeError(`${name} cannot be changed`);
        setOwn(this, name, next);
      },
      configurable: false,
    });
  }
  assigned.forEach(letAssign);
  // What no global leads to.
  const hidden = [
    [][Symbol.iterator](), ""[Symbol.iterator](), new Map().keys(), new Set().keys(), "".matchAll(/x/g), (function* () {})(),
    (async function* () {})(), async () => {}, function* () {}, async function* () {}, Iterator.from({ next() {} }), [].values().map((x) => x),
    new Proxy(class {}, {}), new URLSearchParams().entries(), Object.getPrototypeOf(Uint8Array), arguments,
  ];
  const roots = hidden.map((value) => Object.getPrototypeOf(value));
  for (const key of Reflect.ownKeys(globalThis)) {
    roots.push(Object.getOwnPropertyDescriptor(globalThis, key).value);
    Object.defineProperty(globalThis, key, { writable: false, configurable: false });
  }
  freezeFrom(roots);
  return new Set(Reflect.ownKeys(globalThis));
};

// ---- The datastore ----

const endTransaction = (operation) => {
  if (call.depth === 0) fail("there is no transaction");
  host(operation);
  if (--call.depth === 0) call.copies = null;
};
const DATASTORE = addMembers({}, {
  /** Begins a transaction, within another one where there is one. */
  startTransaction() {
    host("begin");
    call.depth++;
    call.copies ??= new Map();
  },
  /** Keeps what the transaction has done. */
  validateTransaction() { endTransaction("commit"); },
  /** Takes back what the transaction has done, also transactions within it. */
  cancelTransaction() {
    endTransaction("rollback");
    call.allChanges++;
    call.copies?.clear();
  },
});
for (const dc of dataclasses.values())
  Object.defineProperty(DATASTORE, dc.name, {
    get: () => dataclassObject(dc),
    set() { throw new TypeError(`ds.${dc.name} cannot be changed`); },
    enumerable: true,
    configurable: true,
  });
/** The `this` of the operator's datastore functions: `ds` is there before their class is. */
const operatorsDatastore = () => {
  const { Class, target } = prototypes.get(tools.load("DataStore"));
  return (call.datastore ??= Reflect.construct(Class, [], target));
};
/** Behind everything else that the datastore has: loads the operator's functions when one of them is needed. */
Object.setPrototypeOf(DATASTORE, new Proxy(freeze({}), {
  get(target, name, receiver) {
    const info = tools.info("DataStore");
    if (typeof name === "string" && (info?.methods.has(name) || info?.getters.has(name))) {
      const object = operatorsDatastore();
      // Code may have taken the function away from its own class.
      if (memberOf(Object.getPrototypeOf(object), name) === undefined) return undefined;
      const value = object[name];
      return typeof value === "function" ? (...values) => Reflect.apply(value, object, values) : value;
    }
    return Reflect.get(target, name, receiver);
  },
}));
/** `ds`, which is also a function: `ds("lib")` is the datastore that was opened under an alias, or null. */
const ds = (localID) => {
  if (localID === undefined) return ds;
  const found = host("opened", `${localID}`);
  return found === null ? null : remoteDatastore(found);
};
for (const name of Reflect.ownKeys(ds)) delete ds[name];
Object.setPrototypeOf(ds, DATASTORE);

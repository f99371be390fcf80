// ---- What the worker calls ----

const modules = new Map();
/** By name: `{name, kind, path, dataclass, methods, getters, setters, events}`. */
const classes = new Map();
/** Names of classes by the path of their module. */
const classesIn = new Map();
let names = [];
let prelude = null;
let globals = null;
/** Modules run at load time too, when there is no call that data could be asked for. */
let isLoading = true;

const globalsOf = () => {
  const made = prelude?.globals() ?? {};
  return names.map((name) => made[name]);
};
const load = (path) => {
  const { world, loading } = call;
  let exported = world.exports.get(path);
  if (exported === undefined) {
    if (loading.has(path)) throw new TypeError(`${path} is used while it is being loaded`);
    loading.add(path);
    world.globals ??= globalsOf();
    exported = Object.freeze(modules.get(path)(load, ...world.globals));
    loading.delete(path);
    world.exports.set(path, exported);
    if (prelude?.link !== undefined)
      for (const name of classesIn.get(path) ?? []) prelude.link(classes.get(name), exported[name], world === pinned);
  }
  return exported;
};
const host = (operation, ...values) => {
  if (isLoading) throw new TypeError("data can be reached from functions only, not while modules are loaded");
  return JSON.parse(native.host(`${operation}`, JSON.stringify(values)));
};
const begin = (caller, kind) => {
  call = fresh(kind === "sharedSingleton" ? (pinned ??= newWorld()) : undefined);
  prelude?.begin?.(JSON.parse(caller));
};
/** What the prelude gets beside the host. */
const tools = {
  /** What is known of a class; nothing when there is none of that name. */
  info: (name) => classes.get(name),
  /** The class, as it is in the running call. */
  load: (name) => load(classes.get(name).path)[name],
};
const descriptor = (start, name) => {
  for (let holder = start; holder !== null && holder !== Object.prototype; holder = Object.getPrototypeOf(holder)) {
    const found = Object.getOwnPropertyDescriptor(holder, name);
    if (found !== undefined) return found;
  }
  return {};
};
const singleton = (info, Class) => {
  const { instances } = call.world;
  if (!instances.has(info.name)) instances.set(info.name, prelude?.singleton?.(info, Class) ?? new Class());
  return instances.get(info.name);
};
const make = (info, Class, list) => {
  if (info.kind.endsWith("Singleton")) return list.map(() => singleton(info, Class));
  if (prelude?.instances !== undefined) return prelude.instances(info, Class, list);
  return list.map((data) => {
    const made = Object.create(Class.prototype);
    for (const key of Object.keys(data ?? {})) setOwn(made, key, data[key]);
    return made;
  });
};
/** Where the code of an action is, and in which list of what a class has. */
const places = { function: ["methods", "value"], get: ["getters", "get"], set: ["setters", "set"] };
const act = (action, info, Class, name, self, values) => {
  let code;
  if (action in places) {
    const [list, place] = places[action];
    // Only what the class itself had when it was looked at: it inherits from the data API now.
    if (info[list].has(name)) code = descriptor(Class.prototype, name)[place];
  } else code = Object.getOwnPropertyDescriptor(Class[action] ?? {}, name)?.value;
  if (typeof code !== "function") throw new TypeError(`there is no ${action} ${name}`);
  const result = Reflect.apply(prelude?.unguarded?.(code) ?? code, self, values);
  return action === "set" ? self : result;
};

return {
  /** Everything is in place but the modules. */
  seal() { globals = freezeAll(); },
  prelude(made, list) {
    prelude = made(host, tools);
    names = list;
    freezeFrom(prelude.roots ?? []);
  },
  module(path, made) { modules.set(path, made); },
  describe() {
    begin("null");
    return describe();
  },
  /** Tells which classes there are, once they have been looked at. */
  register(list) {
    for (const info of JSON.parse(list)) {
      for (const of of ["methods", "getters", "setters", "events"]) info[of] = new Set(info[of]);
      classes.set(info.name, info);
      if (!classesIn.has(info.path)) classesIn.set(info.path, []);
      classesIn.get(info.path).push(info.name);
    }
    isLoading = false;
  },
  /** Begins a call; what it gives may be a promise. */
  invoke(action, name, member, self, each, values, caller) {
    const info = classes.get(name);
    begin(caller, info?.kind);
    if (info === undefined) throw new TypeError(`there is no class ${name}`);
    call.each = each;
    const Class = load(info.path)[name];
    if (action === "query" || action === "orderBy") return act(action, info, Class, member, Class, JSON.parse(values));
    const data = JSON.parse(self);
    const instances = make(info, Class, each ? data : [data]);
    if (action.startsWith("before") || action.startsWith("after")) {
      call.isPlain = true;
      if (prelude?.event === undefined) throw new TypeError("there are no events");
      return instances.map((instance) => prelude.event(action, instance));
    }
    const run = (instance) => {
      const list = JSON.parse(values);
      const get = () => act(action, info, Class, member, instance, prelude?.values?.(list) ?? list);
      return each && action === "get" && prelude?.computed !== undefined ? prelude.computed(get) : get();
    };
    if (!each) return run(instances[0]);
    const results = instances.map(run);
    return results.some((result) => result instanceof Promise) ? Promise.all(results) : results;
  },
  /** A result as JSON. */
  answer(value) {
    let text;
    if (call.isPlain || prelude?.result === undefined) text = JSON.stringify(value) ?? "null";
    else if (call.each) text = `[${Array.from(value, (item) => prelude.result(item)).join(",")}]`;
    else text = prelude.result(value);
    prelude?.end?.();
    return text;
  },
  /** What was thrown, as JSON. Its members may be code of the call. */
  thrown(value) {
    const text = (part) => (part === undefined || part === null ? "" : String(part)).toWellFormed();
    let found;
    if ((typeof value !== "object" && typeof value !== "function") || value === null)
      found = { name: "Error", message: String(value).toWellFormed(), stack: "" };
    else {
      const code = value.errCode;
      found = {
        name: text(value.name) || "Error",
        message: text(value.message),
        code: Number.isSafeInteger(code) ? code : null,
        stack: value instanceof Error ? text(value.stack) : "",
      };
    }
    return JSON.stringify(found);
  },
  /** The call has failed, but within its limits: what it keeps beyond itself is kept. */
  fail() { prelude?.end?.(); },
  /** Milliseconds until the next timer; -1 without. */
  wait() {
    let first = null;
    for (const timer of call.timers) if (first === null || timer.due < first.due) first = timer;
    return first === null ? -1 : Math.max(0, first.due - native.now());
  },
  /** Runs the timer that `wait` meant. */
  fire() {
    let first = null;
    for (const timer of call.timers) if (first === null || timer.due < first.due) first = timer;
    call.timers = call.timers.filter((timer) => timer !== first);
    Reflect.apply(first.callback, undefined, first.values);
  },
  /** Forgets the call. False when it left something behind that cannot be taken away. */
  end() {
    prelude?.forget?.();
    call = fresh();
    let isClean = Object.isExtensible(globalThis) && Object.getPrototypeOf(globalThis) === Object.prototype;
    const keys = Reflect.ownKeys(globalThis);
    if (keys.length !== globals.size) for (const key of keys) if (!globals.has(key)) isClean = Reflect.deleteProperty(globalThis, key) && isClean;
    return isClean;
  },
};

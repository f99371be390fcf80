// ---- What the worker calls ----

const modules = new Map();
/** What those export that keep nothing: they have run, and are frozen. */
const settled = new Map();
/** Paths of those that keep nothing. */
const stateless = new Set();
/** By name: `{name, kind, path, dataclass, methods, getters, setters, events}`. */
const classes = new Map();
/** Names of classes by the path of their module. */
const classesIn = new Map();
let prelude = null;
/** What modules are called with besides their imports: the prelude's globals, in the order of its list. */
let given = [];
/** Names of the global object's own members. */
let globals = null;
/** Modules run at load time too, when there is no call that data could be asked for. */
let isLoading = true;

/** Paths of modules that run. */
const loading = new Set();
const nothing = () => {};
/** Runs a module; `declared` is told what it declares. */
const run = (path, declared) => {
  loading.add(path);
  const exported = Object.freeze(modules.get(path)(load, declared, ...given));
  loading.delete(path);
  return exported;
};
const load = (path) => {
  const found = settled.get(path);
  if (found !== undefined) return found;
  if (loading.has(path)) throw new TypeError(`${path} is used while it is being loaded`);
  const world = worldOf();
  let exported = world.exports.get(path);
  if (exported === undefined) {
    exported = run(path, nothing);
    world.exports.set(path, exported);
    if (prelude?.link !== undefined)
      for (const name of classesIn.get(path) ?? []) prelude.link(classes.get(name), exported[name], world === pinned);
  }
  return exported;
};
/** Runs the modules that keep nothing, once for all calls, and freezes them with all that they declare. */
const settle = () => {
  const roots = [];
  const declared = (...values) => { roots.push(...values); };
  let isOver = false;
  const visit = (path) => {
    if (isOver) throw new TypeError("imports stand at the top of a module");
    if (settled.has(path)) return settled.get(path);
    const exported = modules.get(path)(visit, declared, ...given);
    settled.set(path, Object.freeze(exported));
    for (const name of classesIn.get(path) ?? []) roots.push(...(prelude?.link?.(classes.get(name), exported[name], true) ?? []));
    return exported;
  };
  stateless.forEach((path) => visit(path));
  isOver = true;
  freezeFrom([...roots, ...settled.values()]);
};
const host = (operation, ...values) => {
  if (isLoading) throw new TypeError("data can be reached from functions only, not while modules are loaded");
  return JSON.parse(native.host(`${operation}`, JSON.stringify(values)));
};
const begin = (caller, kind) => {
  call = fresh(kind === "sharedSingleton" ? (pinned ??= newWorld()) : null);
  prelude?.begin?.(JSON.parse(caller));
};
/** What the prelude gets beside the host. */
const tools = {
  /** What is known of a class; nothing when there is none of that name. */
  info: (name) => classes.get(name),
  /** The class, as it is in the running call. */
  load: (name) => load(classes.get(name).path)[name],
  /** Whether that class is the same in all calls. */
  isSettled: (name) => settled.has(classes.get(name).path),
};
const descriptor = (start, name) => {
  for (let holder = start; holder !== null && holder !== Object.prototype; holder = Object.getPrototypeOf(holder)) {
    const found = Object.getOwnPropertyDescriptor(holder, name);
    if (found !== undefined) return found;
  }
  return {};
};
const singleton = (info, Class) => {
  const { instances } = worldOf();
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
const codeOf = (action, info, Class, name) => {
  let code;
  if (action in places) {
    const [list, place] = places[action];
    // Only what the class itself had when it was looked at: it inherits from the data API now.
    if (info[list].has(name)) code = descriptor(Class.prototype, name)[place];
  } else code = Object.getOwnPropertyDescriptor(Class[action] ?? {}, name)?.value;
  if (typeof code !== "function") throw new TypeError(`there is no ${action} ${name}`);
  return prelude?.unguarded?.(code) ?? code;
};

return {
  /** Everything is in place but the modules. */
  seal() { globals = freezeAll(); },
  prelude(code, list) {
    prelude = code(host, tools);
    const made = prelude.globals();
    given = list.map((name) => made[name]);
    freezeFrom([...given, ...(prelude.roots ?? [])]);
  },
  module(path, made, isStateless) {
    modules.set(path, made);
    if (isStateless) stateless.add(path);
  },
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
    settle();
    isLoading = false;
  },
  /** Begins a call; what it gives may be a promise. */
  invoke(action, name, member, self, each, values, caller) {
    const info = classes.get(name);
    begin(caller, info?.kind);
    if (info === undefined) throw new TypeError(`there is no class ${name}`);
    call.each = each;
    const Class = load(info.path)[name];
    if (action === "query" || action === "orderBy") return Reflect.apply(codeOf(action, info, Class, member), Class, JSON.parse(values));
    const data = JSON.parse(self);
    const instances = make(info, Class, each ? data : [data]);
    if (action.startsWith("before") || action.startsWith("after")) {
      call.isPlain = true;
      if (prelude?.event === undefined) throw new TypeError("there are no events");
      return instances.map((instance) => prelude.event(action, instance));
    }
    let code;
    const run = (instance) => {
      code ??= codeOf(action, info, Class, member);
      if (action === "get") return Reflect.apply(code, instance, []);
      const list = JSON.parse(values);
      const returned = Reflect.apply(code, instance, prelude?.values?.(list) ?? list);
      return action === "set" ? instance : returned;
    };
    if (!each) return run(instances[0]);
    const compute = action === "get" ? prelude?.computed : undefined;
    const results = instances.map((instance) => (compute === undefined ? run(instance) : compute(run, instance)));
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
    const first = firstTimer();
    return first === undefined ? -1 : Math.max(0, first.due - native.now());
  },
  /** Runs the timer that `wait` meant. */
  fire() {
    const first = firstTimer();
    call.timers = call.timers.filter((timer) => timer !== first);
    Reflect.apply(first.callback, undefined, first.values);
  },
  /** Forgets the call. False when it left something behind that cannot be taken away. `members` of the global object there are now. */
  end(members) {
    prelude?.forget?.();
    call = NO_CALL;
    loading.clear();
    let isClean = Object.isExtensible(globalThis) && Object.getPrototypeOf(globalThis) === Object.prototype;
    if (members !== globals.size) for (const key of Reflect.ownKeys(globalThis)) if (!globals.has(key)) isClean = Reflect.deleteProperty(globalThis, key) && isClean;
    return isClean;
  },
};

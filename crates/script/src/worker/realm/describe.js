// ---- What classes are, for `registry.rs` ----

const texts = (value) => Array.isArray(value) && value.every((item) => typeof item === "string");
const members = (list) => Object.keys(list ?? {});

/** What the modules export, as JSON. */
const describe = () => {
  const found = [];
  for (const path of modules.keys()) {
    for (const [name, value] of Object.entries(load(path))) {
      const isClass = typeof value === "function" && Function.prototype.toString.call(value).startsWith("class");
      const about = { path, name, isClass, singleton: null, wrong: [], exposed: [], onHttpGet: [], events: [], types: {}, query: [], orderBy: [] };
      const methods = new Set(), getters = new Set(), setters = new Set();
      if (isClass) {
        about.singleton = value.singleton === undefined ? null : String(value.singleton);
        for (const list of ["exposed", "onHttpGet", "events"]) {
          if (value[list] === undefined) continue;
          if (texts(value[list])) about[list] = [...value[list]];
          else about.wrong.push(list);
        }
        if (value.types !== undefined) {
          if (texts(Object.values(Object(value.types)))) about.types = { ...value.types };
          else about.wrong.push("types");
        }
        for (const list of ["query", "orderBy"]) {
          about[list] = members(value[list]);
          if (!about[list].every((key) => typeof value[list][key] === "function")) about.wrong.push(list);
        }
        for (let holder = value.prototype; holder !== null && holder !== Object.prototype; holder = Object.getPrototypeOf(holder)) {
          for (const [key, has] of Object.entries(Object.getOwnPropertyDescriptors(holder))) {
            if (key === "constructor" || methods.has(key) || getters.has(key) || setters.has(key)) continue;
            if (typeof has.value === "function") methods.add(key);
            if (has.get) getters.add(key);
            if (has.set) setters.add(key);
          }
        }
      }
      found.push({ ...about, methods: [...methods], getters: [...getters], setters: [...setters] });
    }
  }
  return JSON.stringify(found);
};

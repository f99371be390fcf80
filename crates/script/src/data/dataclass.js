// ---- Dataclasses ----

const DATACLASS = addMembers({}, {
  /** All entities. */
  all() {
    const dc = dataclassOf(this);
    return selectionOf(dc, () => host("all", dc.name));
  },
  /** The entity of a key, or null; a key of several parts is a list. */
  get(key) {
    const dc = dataclassOf(this);
    if (key === null || key === undefined) return null;
    if (key instanceof Date) key = isoDate(key, dc.byName.get(dc.key[0])?.simpleDate === true);
    if (!isKey(key)) throw new TypeError(`a key of ${dc.name} is a number, a text or a list of them`);
    return ownEntityOf(getPage(dc, [key]), 0);
  },
  /** The entities that a query finds: `query("price > :1 and author.name = :2", 10, "Ines")`, `query("price > :least", {parameters: {least: 10}})`. */
  query(text, ...values) {
    const dc = dataclassOf(this);
    return selectionWith(dc, host("query", dc.name, `${text}`, parameters(values)));
  },
  /** A new entity, which is not saved yet. */
  new() { return newEntity(dataclassOf(this)); },
  /** A selection without entities. */
  newSelection() {
    const dc = dataclassOf(this);
    return selectionOf(dc, () => host("of", dc.name, []));
  },
  /** Saves an entity for each object: the one of its key where there is one, else a new one. */
  fromCollection(collection) {
    const dc = dataclassOf(this);
    const objects = Array.from(collection);
    const keyOf = (object) => {
      if (!isObject(object)) throw new TypeError("fromCollection takes a list of objects");
      if (isKey(object.__KEY)) return object.__KEY;
      const parts = dc.key.map((name) => object[name]);
      return parts.length === 0 || !isKey(parts) ? null : parts.length === 1 ? parts[0] : parts;
    };
    const keys = objects.map(keyOf);
    const asked = keys.filter((key) => key !== null);
    const page = asked.length === 0 ? null : getPage(dc, asked);
    let at = 0;
    const saved = objects.map((object, index) => {
      const entity = (keys[index] === null ? null : entityOf(page, at++)) ?? newEntity(dc);
      fillFrom(entity, object);
      const result = saveEntity(entity);
      if (!result.success) fail(result.errors?.[0]?.message ?? result.statusText, result.errors?.[0]?.errCode);
      return entityState(entity).key;
    });
    return selectionWith(dc, host("of", dc.name, saved));
  },
  /** How many entities there are. */
  getCount() { return asCount(host("count", host("all", dataclassOf(this).name))); },
  /** `{name, primaryKey}`; a key of several parts has their names with commas. */
  getInfo() {
    const { name, key } = dataclassOf(this);
    return { name, primaryKey: key.join(",") };
  },
});
const dataclassBases = new Map();
for (const dc of dataclasses.values()) dataclassBases.set(dc.name, Object.create(DATACLASS));
/** Those without code of the operator's, which are the same in all calls. */
const settledDataclasses = new Map();
const dataclassObject = (dc) => {
  let found = settledDataclasses.get(dc.name) ?? call.dataclasses?.get(dc.name);
  if (found === undefined) {
    const isOurs = tools.info(dc.name) === undefined;
    found = new DataclassHolder(newObject("", dc, dataclassBases), dc);
    if (isOurs) settledDataclasses.set(dc.name, freeze(found));
    else (call.dataclasses ??= new Map()).set(dc.name, found);
  }
  return found;
};

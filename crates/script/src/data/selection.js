// ---- Entity selections ----

/** Rows of the first page, and of the largest. */
const FIRST_PAGE = 100;
const LARGEST_PAGE = 1000;
/** Pages that a selection keeps: a loop over very many entities does not hold them all. */
const KEPT_PAGES = 4;

/**
 * A selection that the server makes when it is needed. `children` gives its rows, loaded with those of others, or nothing; `isLone`: there are no
 * others, and rows are not worth loading for a length.
 */
const selectionOf = (dc, make, children = null, isLone = false) => {
  const selection = newObject("Selection", dc, selectionBases);
  new SelectionHolder(selection, { dc, make, children, isLone, call: call.number, id: null, count: null, whole: null, pages: new Map(), first: null });
  return Object.preventExtensions(selection);
};
const selectionWith = (dc, id) => {
  if (!Number.isSafeInteger(id)) wrongAnswer();
  return selectionOf(dc, () => id);
};
const idOf = (state) => {
  if (state.id === null) {
    state.id = state.make();
    if (!Number.isSafeInteger(state.id)) wrongAnswer();
  }
  return state.id;
};
const asCount = (count) => (Number.isSafeInteger(count) && count >= 0 ? count : wrongAnswer());
/** Looks whether the rows come with those of others. */
const settleChildren = (state) => {
  if (state.children === null) return;
  const { children } = state;
  state.children = null;
  state.whole = children();
  if (state.whole !== null) state.count = state.whole.rows.length;
};
const lengthOf = (state) => {
  if (state.count === null && !state.isLone) settleChildren(state);
  state.count ??= asCount(host("count", idOf(state)));
  return state.count;
};
const loadPage = (state, skip, top) => {
  const answer = host("page", idOf(state), skip, top);
  const page = newPage(state.dc, answer, top);
  state.count = asCount(answer.count);
  if (page.rows.length !== Math.max(0, Math.min(top, state.count - skip))) wrongAnswer();
  return page;
};
/** Where the page that has an entity begins, and how many it has. */
const pagePlace = (index) => {
  let skip = 0;
  for (let size = FIRST_PAGE; ; size = Math.min(2 * size, LARGEST_PAGE)) {
    if (index < skip + size) return [skip, size];
    if (size === LARGEST_PAGE) return [skip + LARGEST_PAGE * Math.floor((index - skip) / LARGEST_PAGE), LARGEST_PAGE];
    skip += size;
  }
};
/** The page with an entity, and its place there. */
const pageAt = (state, index) => {
  settleChildren(state);
  if (state.whole !== null) return [state.whole, index];
  const [skip, size] = pagePlace(index);
  let page = state.pages.get(skip);
  if (page === undefined) {
    page = loadPage(state, skip, size);
    if (state.pages.size >= KEPT_PAGES) state.pages.delete(state.pages.keys().next().value);
    state.pages.set(skip, page);
  }
  return [page, index - skip];
};
/** The entity at an index; undefined behind the end, null when it is gone. */
const entityAt = (state, index) => {
  if (state.count !== null && index >= state.count) return undefined;
  const [page, at] = pageAt(state, index);
  return at < page.rows.length ? entityOf(page, at) : undefined;
};
/** The first entity, alone when nothing is loaded. */
const firstOf = (state) => {
  settleChildren(state);
  if (state.whole !== null || state.pages.has(0)) return entityAt(state, 0) ?? null;
  state.first ??= loadPage(state, 0, 1);
  return entityOf(state.first, 0);
};
const lastOf = (state) => {
  const count = lengthOf(state);
  if (count === 0) return null;
  const [skip] = pagePlace(count - 1);
  if (state.whole !== null || state.pages.has(skip)) return entityAt(state, count - 1);
  return entityOf(loadPage(state, count - 1, 1), 0);
};
/** Pages from the first to the last, each once. */
function* pagesOf(state) {
  for (let index = 0; state.count === null || index < state.count; ) {
    const [page] = pageAt(state, index);
    if (page.rows.length === 0) return;
    yield page;
    index += page.rows.length;
  }
}
function* entitiesOf(state) {
  for (const page of pagesOf(state))
    for (let at = 0; at < page.rows.length; at++) {
      const entity = entityOf(page, at);
      if (entity !== null) yield entity;
    }
}
const keysOf = (state) => {
  const keys = [];
  for (const page of pagesOf(state)) for (const row of page.rows) if (row !== null) keys.push(row[0]);
  return keys;
};
/** All values of an attribute. */
const valuesOf = (state, attribute) => {
  const values = [];
  if (isBytes(attribute)) for (const entity of entitiesOf(state)) values.push(readValue(entityState(entity), attribute));
  else
    for (const page of pagesOf(state)) {
      const at = page.columns.get(attribute.name);
      for (const row of page.rows) if (row !== null) values.push(at === undefined ? undefined : ofRow(attribute, row[2][at]));
    }
  return values;
};
/** The attribute of each entity: values, or a selection of what they are related to. */
const projected = (state, attribute) =>
  attribute.target === undefined
    ? valuesOf(state, attribute)
    : selectionOf(dataclasses.get(attribute.target), () => host("project", idOf(state), attribute.path ?? attribute.name));

/** Another selection, or an entity as one. */
const operand = (state, other) => {
  const entity = EntityHolder.of(other);
  const { dc } = entity ?? SelectionHolder.of(other) ?? {};
  if (dc !== state.dc) throw new TypeError(`an entity selection or entity of ${state.dc.name} is needed`);
  return entity === null ? idOf(selectionState(other)) : host("of", dc.name, [entity.key]);
};
const combined = (selection, word, other) => {
  const state = selectionState(selection);
  return selectionWith(state.dc, host("combine", word, idOf(state), operand(state, other)));
};
const aggregated = (selection, path, word) => {
  const state = selectionState(selection);
  const value = host("aggregate", idOf(state), `${path}`, word);
  return word === "min" || word === "max" ? ofRow(attributeAt(state.dc, `${path}`), value) : value;
};
/** A text for `orderBy`, of a text or of `[{propertyPath, descending}]`. */
const orderText = (order) =>
  typeof order === "string" ? order : Array.from(order, ({ propertyPath, descending }) => `${propertyPath} ${descending ? "desc" : "asc"}`).join(", ");
/** Follows a path from an entity; relations to many are passed one by one. */
const follow = (entity, steps) => {
  let value = entity;
  for (let at = 0; at < steps.length; at++) {
    if (value === null || value === undefined) return value;
    if (SelectionHolder.of(value) !== null) return Array.from(value).flatMap((item) => follow(item, steps.slice(at)) ?? []);
    value = value[steps[at]];
  }
  return value;
};

const SELECTION = addMembers({}, {
  /** How many entities there are. */
  get length() { return lengthOf(selectionState(this)); },
  /** One entity after the other. */
  [Symbol.iterator]() { return entitiesOf(selectionState(this)); },
  /** The first entity; null when there is none. */
  first() { return firstOf(selectionState(this)); },
  /** The last entity; null when there is none. */
  last() { return lastOf(selectionState(this)); },
  /** The entity at an index, counted from the end when negative. */
  at(index) {
    const state = selectionState(this);
    let at = Math.trunc(index) || 0;
    if (at < 0) at += lengthOf(state);
    return at < 0 || at > Number.MAX_SAFE_INTEGER ? undefined : entityAt(state, at);
  },
  /** A part, as `Array.prototype.slice`. */
  slice(start = 0, end = undefined) {
    const state = selectionState(this);
    const place = (index) => ((index = Math.trunc(index) || 0) < 0 ? Math.max(0, index + lengthOf(state)) : Math.min(index, Number.MAX_SAFE_INTEGER));
    return selectionWith(state.dc, host("slice", idOf(state), place(start), end === undefined || end === null || end === Infinity ? null : place(end)));
  },
  /** Those that a query finds among these. */
  query(text, ...values) {
    const state = selectionState(this);
    return selectionWith(state.dc, host("query", idOf(state), `${text}`, parameters(values)));
  },
  /** These in another order: `"price desc, title"`. */
  orderBy(order) {
    const state = selectionState(this);
    return selectionWith(state.dc, host("orderBy", idOf(state), orderText(order)));
  },
  /** Those that are in both. */
  and(other) { return combined(this, "and", other); },
  /** Those that are in one of them. */
  or(other) { return combined(this, "or", other); },
  /** Those that are not in the other. */
  minus(other) { return combined(this, "minus", other); },
  /** Whether an entity is among these. */
  contains(entity) {
    const state = selectionState(this);
    const { dc, key, isNew } = entityState(entity);
    return dc === state.dc && !isNew && host("contains", idOf(state), key) === true;
  },
  /** The sum of an attribute. */
  sum(path) { return aggregated(this, path, "sum"); },
  /** The average of an attribute. */
  average(path) { return aggregated(this, path, "average"); },
  /** The smallest value of an attribute. */
  min(path) { return aggregated(this, path, "min"); },
  /** The largest value of an attribute. */
  max(path) { return aggregated(this, path, "max"); },
  /** How many have a value in an attribute. */
  count(path) { return aggregated(this, path, "count"); },
  /** The different values of an attribute. */
  distinct(path) {
    const state = selectionState(this);
    const values = host("distinct", idOf(state), `${path}`);
    if (!Array.isArray(values)) wrongAnswer();
    const attribute = attributeAt(state.dc, `${path}`);
    return values.map((value) => ofRow(attribute, value));
  },
  /** Values of a path, without empty ones; with more names, objects: `extract("title", "name", "author.name", "by")`. */
  extract(path, ...names) {
    const all = [];
    const state = selectionState(this);
    if (names.length === 0) {
      const steps = `${path}`.split(".");
      for (const entity of entitiesOf(state)) {
        const value = follow(entity, steps);
        if (value !== null && value !== undefined) all.push(value);
      }
      return all;
    }
    const parts = [path, ...names];
    for (const entity of entitiesOf(state)) {
      const object = {};
      for (let at = 0; at < parts.length; at += 2)
        setOwn(object, `${parts[at + 1] ?? parts[at]}`, follow(entity, `${parts[at]}`.split(".")));
      all.push(object);
    }
    return all;
  },
  /** Objects of all entities, or of `count` beginning with `start`, with the attributes as in `toObject`. */
  toCollection(attributes, options = {}, start = 0, count = Infinity) {
    const tree = treeOf(attributes);
    const all = [];
    let at = 0;
    for (const entity of entitiesOf(selectionState(this))) {
      if (all.length >= count) break;
      if (at++ < start) continue;
      const object = objectOf(entity, tree);
      if (options?.withKey) object.__KEY = entityState(entity).key;
      if (options?.withStamp) object.__STAMP = entityState(entity).stamp;
      all.push(object);
    }
    return all;
  },
  /** Deletes all; those that could not be deleted are the result. */
  drop() {
    const state = selectionState(this);
    if (["validateDrop", "dropping", "afterDrop"].some((name) => tools.info(`${state.dc.name}Entity`)?.events.has(name))) {
      const kept = [];
      for (const entity of entitiesOf(state)) {
        const { key } = entityState(entity);
        if (!dropEntity(entity).success) kept.push(key);
      }
      return selectionWith(state.dc, host("of", state.dc.name, kept));
    }
    const answer = host("drop", idOf(state));
    if (!isObject(answer)) wrongAnswer();
    call.allChanges++;
    return selectionWith(state.dc, answer.kept);
  },
  /** As it stands in the JSON of something else. */
  toJSON() { return Array.from(entitiesOf(selectionState(this)), (entity) => entity.toJSON()); },
});
/** Each access by index comes here: no pattern is asked. */
const isIndex = (name) => {
  if (typeof name !== "string") return false;
  const index = Number(name);
  return Number.isSafeInteger(index) && index >= 0 && `${index}` === name;
};
/** Behind everything else that selections have: only names that are found nowhere come here. */
const INDEXES = new Proxy(freeze({}), {
  get: (target, name, receiver) => (isIndex(name) ? entityAt(selectionState(receiver), Number(name)) : Reflect.get(target, name, receiver)),
  set(target, name) { throw new TypeError(`an entity selection cannot be changed: ${String(name)}`); },
});
Object.setPrototypeOf(SELECTION, INDEXES);
const selectionBases = new Map();
for (const dc of dataclasses.values()) {
  const base = Object.create(SELECTION);
  for (const attribute of dc.attributes)
    // An attribute of such a name is reached by `extract`.
    if (!Object.hasOwn(SELECTION, attribute.name))
      Object.defineProperty(base, attribute.name, { get() { return projected(selectionState(this), attribute); }, enumerable: true, configurable: true });
  selectionBases.set(dc.name, base);
}

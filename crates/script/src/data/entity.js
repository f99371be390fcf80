// ---- Entities ----

const newState = (dc, page, row) => ({
  dc, page, row,
  key: row === null ? null : row[0],
  stamp: row === null ? 0 : row[1],
  isNew: row === null,
  isDropped: false,
  /** Assigned and not saved yet, by name. */
  touched: new Map(),
  /** What was made of values of the row: related entities, objects, bytes; by name. */
  kept: new Map(),
  /** An event of it runs. */
  isBusy: false,
});
const makeEntity = (state) => {
  const entity = newObject("Entity", state.dc, entityBases);
  new EntityHolder(entity, state);
  // A name that is no attribute is a mistake, and would be lost.
  return Object.preventExtensions(entity);
};
/** The entity of a row of a page; nothing for one that is gone. */
const entityOf = (page, at) => {
  const row = page.rows[at];
  if (row === null || row === undefined) return null;
  if (page.entities[at] !== undefined) return page.entities[at];
  let entity;
  if (call.copies === null) entity = makeEntity(newState(page.dc, page, row));
  else {
    const name = `${page.dc.name} ${keyText(row[0])}`;
    entity = call.copies.get(name);
    const state = EntityHolder.of(entity);
    if (state === null) {
      entity = makeEntity(newState(page.dc, page, row));
      call.copies.set(name, entity);
    } else if (row[1] > state.stamp && touchedNames(state).length === 0) renew(state, page, row);
  }
  page.entities[at] = entity;
  return entity;
};
/**
 * The same as an object of its own for each that asks: what one changes and does not save, another does not see. In a transaction there is one of
 * each.
 */
const ownEntityOf = (page, at) => (call.copies !== null ? entityOf(page, at) : page.rows[at] === null ? null : makeEntity(newState(page.dc, page, page.rows[at])));
const newEntity = (dc) => makeEntity(newState(dc, null, null));
const renew = (state, page, row) => {
  Object.assign(state, { page, row, key: row[0], stamp: row[1], isNew: false, isDropped: false });
  state.touched.clear();
  state.kept.clear();
};

/** What the row says; undefined when it may not be read. */
const stored = (state, name) => {
  if (state.row === null) return null;
  const at = state.page.columns.get(name);
  return at === undefined ? undefined : state.row[2][at];
};
/** The key that a relation leads to now; null and undefined as of values. */
const relationKey = (state, attribute) => {
  if (state.touched.has(attribute.name)) {
    const value = state.touched.get(attribute.name);
    return EntityHolder.of(value)?.key ?? (isKey(value) ? value : null);
  }
  const parts = attribute.foreignKey ?? [];
  if (parts.some((name) => state.touched.has(name))) {
    const key = parts.map((name) => toRow({ name }, readValue(state, state.dc.byName.get(name)) ?? null));
    return key.includes(null) ? null : key.length === 1 ? key[0] : key;
  }
  return stored(state, attribute.name);
};
/** Loads what the entities of a page are related to, once for all of them; then one by one where something has changed since. */
const relatedRow = (state, attribute, key) => {
  const target = dataclasses.get(attribute.target);
  const { page } = state;
  const text = keyText(key);
  if (page !== null && page.columns.has(attribute.name)) {
    let found = page.related.get(attribute.name);
    if (found === undefined) {
      const at = page.columns.get(attribute.name);
      const keys = new Map();
      for (const row of page.rows) if (row !== null && isKey(row[2][at])) keys.set(keyText(row[2][at]), row[2][at]);
      keys.set(text, key);
      const loaded = getPage(target, [...keys.values()]);
      found = { version: version(target), page: loaded, at: new Map([...keys.keys()].map((name, index) => [name, index])) };
      page.related.set(attribute.name, found);
    }
    if (found.version === version(target) && found.at.has(text)) return [found.page, found.at.get(text)];
  }
  return [getPage(target, [key]), 0];
};
const readRelated = (state, attribute) => {
  const assigned = EntityHolder.of(state.touched.get(attribute.name)) === null ? null : state.touched.get(attribute.name);
  if (assigned !== null) return assigned;
  const key = relationKey(state, attribute);
  if (key === null || key === undefined) return key;
  const text = keyText(key);
  const kept = state.kept.get(attribute.name);
  if (kept?.key === text) return kept.entity;
  const [page, at] = relatedRow(state, attribute, key);
  const entity = ownEntityOf(page, at);
  state.kept.set(attribute.name, { key: text, entity });
  return entity;
};
const readMany = (state, attribute) => {
  const target = dataclasses.get(attribute.target);
  if (state.isNew) return selectionOf(target, () => host("of", target.name, []));
  const path = attribute.path ?? attribute.name;
  const related = () => host("related", state.dc.name, state.key, path);
  const children = attribute.kind === "relatedEntities" ? () => childrenOf(state, attribute, target) : null;
  return selectionOf(target, related, children, state.page.rows.length === 1);
};
/** The rows of a 1 -> N relation, loaded once for all entities of a page; nothing when there are too many. */
const childrenOf = (state, attribute, target) => {
  const { page } = state;
  const load = (keys) => {
    const answer = host("children", state.dc.name, keys, attribute.name);
    if (!isObject(answer) || !Array.isArray(answer.groups) || answer.groups.length !== keys.length) {
      if (answer?.groups === null) return new Map();
      wrongAnswer();
    }
    const groups = new Map();
    keys.forEach((key, at) => {
      if (answer.groups[at] !== null) groups.set(keyText(key), newPage(target, { attributes: answer.attributes, rows: answer.groups[at] }));
    });
    return groups;
  };
  let found = page.related.get(attribute.name);
  if (found === undefined) {
    const keys = new Map([[keyText(state.key), state.key]]);
    for (const row of page.rows) if (row !== null) keys.set(keyText(row[0]), row[0]);
    found = { version: version(target), groups: load([...keys.values()]) };
    page.related.set(attribute.name, found);
  }
  const group = found.version === version(target) ? found.groups.get(keyText(state.key)) : load([state.key]).get(keyText(state.key));
  // Two selections of the same entities have objects of their own.
  return group === undefined ? null : { ...group, entities: [] };
};

/** An attribute's value as code sees it. */
const readValue = (state, attribute) => {
  const { name } = attribute;
  if (attribute.kind === "relatedEntity") return readRelated(state, attribute);
  if (attribute.kind === "relatedEntities") return readMany(state, attribute);
  if (attribute.target !== undefined) {
    if (attribute.many) return readMany(state, attribute);
    let value = null;
    for (const step of attribute.path.split(".")) {
      value = readValue(state, state.dc.byName.get(step));
      state = EntityHolder.of(value);
      if (state === null) break;
    }
    return value;
  }
  if (state.touched.size === 0) return readStored(state, attribute);
  const reference = state.dc.references.get(name);
  if (reference !== undefined && state.touched.has(reference.attribute.name)) {
    const key = relationKey(state, reference.attribute);
    return Array.isArray(key) ? key[reference.part] : key;
  }
  if (state.touched.has(name)) {
    const value = state.touched.get(name);
    return value instanceof Date ? new Date(value) : value;
  }
  return readStored(state, attribute);
};
/** A value that nobody has assigned. */
const readStored = (state, attribute) => {
  const { name } = attribute;
  const raw = stored(state, name);
  if (raw === null || raw === undefined) return raw;
  if (isBytes(attribute)) {
    if (!state.kept.has(name)) state.kept.set(name, fromBase64(host("bytes", state.dc.name, state.key, name)));
    return state.kept.get(name);
  }
  if (attribute.type !== "object" || !isObject(raw)) return ofRow(attribute, raw);
  // Code may change it in place: that counts as touched, too.
  if (!state.kept.has(name)) {
    const text = JSON.stringify(raw);
    state.kept.set(name, { text, value: JSON.parse(text) });
  }
  return state.kept.get(name).value;
};
/** Assigns an attribute. */
const writeValue = (state, attribute, value) => {
  const { name } = attribute;
  if (attribute.readOnly === true || attribute.kind === "relatedEntities") throw new TypeError(`${state.dc.name}.${name} cannot be changed`);
  if (typeof value === "function" || typeof value === "symbol" || typeof value === "bigint")
    throw new TypeError(`${state.dc.name}.${name} cannot be a ${typeof value}`);
  value ??= null;
  if (attribute.kind === "relatedEntity") {
    const entity = EntityHolder.of(value);
    if (entity !== null ? entity.dc.name !== attribute.target : value !== null && !isKey(value))
      throw new TypeError(`${state.dc.name}.${name} takes an entity of ${attribute.target}, a key or null`);
    for (const part of attribute.foreignKey ?? []) state.touched.delete(part);
  } else {
    if (EntityHolder.of(value) !== null || SelectionHolder.of(value) !== null) throw new TypeError(`${state.dc.name}.${name} cannot be an entity`);
    const reference = state.dc.references.get(name);
    if (reference !== undefined && state.touched.has(reference.attribute.name)) {
      // The other parts of the key stay what the relation said.
      const key = relationKey(state, reference.attribute);
      state.touched.delete(reference.attribute.name);
      reference.attribute.foreignKey.forEach((part, at) => state.touched.set(part, Array.isArray(key) ? key[at] : key));
    }
  }
  state.kept.delete(name);
  state.touched.set(name, value instanceof Date ? new Date(value) : value);
};
/** Names of what was assigned or changed in place. */
const touchedNames = (state) => {
  for (const [name, kept] of state.kept)
    if (kept?.text !== undefined && JSON.stringify(kept.value) !== kept.text) {
      state.touched.set(name, kept.value);
      state.kept.delete(name);
    }
  return [...state.touched.keys()];
};
/** What is touched, as it is sent. */
const touchedValues = (state) => {
  touchedNames(state);
  const values = {};
  for (const [name, value] of state.touched) setOwn(values, name, toRow(state.dc.byName.get(name), value));
  return values;
};
/** What attributes were when they were read, whatever is touched; undefined what may not be read. */
const storedValues = (state, names) => Object.fromEntries(Array.from(names, (name) => [name, stored(state, name)]));
/** All that is known, as it is sent. */
const knownValues = (state) => Object.assign(state.row === null ? {} : storedValues(state, state.page.columns.keys()), touchedValues(state));
/** The key of a new entity when its attributes are given. */
const givenKey = (state, values) => {
  const parts = state.dc.key.map((name) => values[name]);
  return parts.length === 0 || !parts.every((part) => typeof part === "string" || typeof part === "number") ? null : parts.length === 1 ? parts[0] : parts;
};

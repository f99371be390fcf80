// ---- Entities as objects, and objects as entities ----

/** Names in a list, or in a text with commas. */
const namesOf = (names) => (typeof names === "string" ? names.split(",") : Array.from(names, String)).map((name) => name.trim()).filter((name) => name !== "");
/** Paths as a tree; null for the attributes that are taken when none are named. */
const treeOf = (names) => {
  if (names === undefined || names === null || names === "") return null;
  const tree = new Map();
  for (const path of namesOf(names)) {
    let at = tree;
    for (const step of path.split(".")) {
      if (!at.has(step)) at.set(step, new Map());
      at = at.get(step);
    }
  }
  return tree;
};
const objectOf = (entity, tree) => {
  const state = entityState(entity);
  const object = {};
  const reference = (attribute) => {
    const key = relationKey(state, attribute);
    return isKey(key) ? { __KEY: key } : key;
  };
  if (tree === null || tree.has("*"))
    for (const attribute of state.dc.attributes) {
      if (attribute.kind === "relatedEntity") setOwn(object, attribute.name, reference(attribute));
      else if (attribute.target === undefined) setOwn(object, attribute.name, readValue(state, attribute));
    }
  for (const [name, below] of tree ?? []) {
    if (name === "*") continue;
    const attribute = state.dc.byName.get(name);
    if (attribute === undefined && !tools.info(`${state.dc.name}Entity`)?.getters.has(name)) continue;
    const value = attribute?.kind === "relatedEntity" && below.size === 0 ? reference(attribute) : entity[name];
    const inner = below.size === 0 ? null : below;
    if (EntityHolder.of(value) !== null) setOwn(object, name, objectOf(value, inner));
    else if (SelectionHolder.of(value) !== null) setOwn(object, name, Array.from(entitiesOf(selectionState(value)), (item) => objectOf(item, inner)));
    else setOwn(object, name, value);
  }
  return object;
};
const fillFrom = (entity, object) => {
  const state = entityState(entity);
  if (!isObject(object)) throw new TypeError("fromObject takes an object");
  for (const attribute of state.dc.attributes) {
    const { name } = attribute;
    if (attribute.readOnly === true || attribute.kind === "relatedEntities" || attribute.many || !Object.hasOwn(object, name)) continue;
    const value = object[name];
    if (attribute.kind !== "relatedEntity") {
      const fitting = EntityHolder.of(value) === null ? converted(attribute, value) : undefined;
      if (fitting !== undefined) writeValue(state, attribute, fitting);
      continue;
    }
    const key = EntityHolder.of(value) === null && isObject(value) && !Array.isArray(value) ? value.__KEY : value;
    if (value === null) writeValue(state, attribute, null);
    else if (EntityHolder.of(value)?.dc.name === attribute.target) writeValue(state, attribute, value);
    else if (isKey(key)) {
      // One that does not exist is left out.
      const found = getPage(dataclasses.get(attribute.target), [key]);
      if (found.rows[0] !== null) writeValue(state, attribute, found.rows[0][0]);
    }
  }
  // A key that is not among the attributes.
  if (state.isNew && state.dc.key.length === 1 && object.__KEY !== undefined && object.__KEY !== null && !state.touched.has(state.dc.key[0])) {
    const attribute = state.dc.byName.get(state.dc.key[0]);
    const key = converted(attribute, object.__KEY);
    if (key !== undefined) writeValue(state, attribute, key);
  }
  // The operator's own attributes that can be set.
  const info = tools.info(`${state.dc.name}Entity`);
  for (const name of info?.setters ?? []) if (!state.dc.byName.has(name) && Object.hasOwn(object, name)) entity[name] = object[name];
};

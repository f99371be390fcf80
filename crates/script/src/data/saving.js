// ---- What entities do with the datastore ----

const ENTITY = {};
/** What all entities of a dataclass can do; the operator's class is put in front of it in each call. */
const entityBases = new Map();

const failure = (errors) => ({ success: false, status: 4, statusText: "Other error", errors });
const status = (answer) => {
  if (!isObject(answer) || typeof answer.success !== "boolean") wrongAnswer();
  const { rows, ...rest } = answer;
  return rest;
};
/** Takes the one row of an answer. */
const takeRow = (state, rows) => {
  const page = newPage(state.dc, rows, 1);
  if (page.rows.length !== 1) wrongAnswer();
  checkRow(page.rows[0], false);
  renew(state, page, page.rows[0]);
};
const modeIs = (mode, word) => mode === word || (isObject(mode) && mode[word] === true);

const saveEntity = (entity, mode) => {
  const state = entityState(entity);
  if (touchedNames(state).length === 0 && !state.isNew) return { success: true };
  if (state.isBusy) fail("an event cannot save or drop its own entity");
  const refused = runEvents(entity, ["validateSave", "saving"]);
  if (refused !== null) return failure([refused]);
  let values;
  try {
    values = touchedValues(state);
  } catch (error) {
    if (isLimit(error)) throw error;
    return failure([thrownError(error)]);
  }
  const key = state.isNew ? givenKey(state, values) : state.key;
  const about = { key, stamp: state.stamp, values, isNew: state.isNew };
  // What the server has now is compared with what was there when it was read.
  if (modeIs(mode, "merge") && !state.isNew) Object.assign(about, { mode: "merge", base: storedValues(state, [...Object.keys(values), ...state.dc.whole]) });
  const answer = host("save", state.dc.name, about);
  const result = status(answer);
  if (result.success) {
    changed(state.dc);
    takeRow(state, answer.rows);
    if (call.copies !== null) call.copies.set(`${state.dc.name} ${keyText(state.key)}`, entity);
    const after = runEvents(entity, ["afterSave"]);
    if (after !== null) fail(after.message, after.errCode);
  }
  return result;
};
const dropEntity = (entity, mode) => {
  const state = entityState(entity);
  if (state.isNew || state.isDropped) return { success: false, status: 5, statusText: "Entity does not exist anymore" };
  if (state.isBusy) fail("an event cannot save or drop its own entity");
  const refused = runEvents(entity, ["validateDrop", "dropping"]);
  if (refused !== null) return failure([refused]);
  const result = status(host("dropEntity", state.dc.name, state.key, state.stamp, mode === true || modeIs(mode, "force")));
  if (result.success) {
    call.allChanges++;
    state.isDropped = true;
    call.copies?.delete(`${state.dc.name} ${keyText(state.key)}`);
    const after = runEvents(entity, ["afterDrop"]);
    if (after !== null) fail(after.message, after.errCode);
  }
  return result;
};
const lockEntity = (entity, operation, mode) => {
  const state = entityState(entity);
  if (state.isNew) return { success: false, status: 5, statusText: "Entity does not exist anymore" };
  const answer = host(operation, state.dc.name, state.key, state.stamp, modeIs(mode, "reload"));
  const result = status(answer);
  if (result.success && isObject(answer.rows)) takeRow(state, answer.rows);
  return result;
};

addMembers(ENTITY, {
  /** Writes what is touched; `"merge"`: changes of others on other attributes do not hinder. */
  save(mode) { return saveEntity(this, mode); },
  /** Deletes; `"force"`: whatever its stamp is. */
  drop(mode) { return dropEntity(this, mode); },
  /** Keeps all others from changing it; `"reload"`: reads it anew when it has changed. */
  lock(mode) { return lockEntity(this, "lock", mode); },
  /** Ends the lock. */
  unlock() { return lockEntity(this, "unlock"); },
  /** Reads it anew; what was not saved is lost. */
  reload() {
    const state = entityState(this);
    const page = state.isNew ? null : getPage(state.dc, [state.key]);
    if (page === null || page.rows[0] === null) return { success: false, status: 5, statusText: "Entity does not exist anymore" };
    renew(state, page, page.rows[0]);
    return { success: true };
  },
  /** Values by name: of all attributes, or of those named in a text or list (`"title,author.name,author.*"`). */
  toObject(attributes, { withKey = false, withStamp = false } = {}) {
    const object = objectOf(this, treeOf(attributes));
    const state = entityState(this);
    if (withKey) object.__KEY = state.key;
    if (withStamp) object.__STAMP = state.stamp;
    return object;
  },
  /** Takes over values by name, converted where that is possible; the rest is left as it is. */
  fromObject(object) { fillFrom(this, object); },
  /** Whether it has never been saved. */
  isNew() { return entityState(this).isNew; },
  /** Whether something was changed since it was loaded or saved. */
  touched() { return touchedNames(entityState(this)).length > 0; },
  /** Names of what was changed. */
  touchedAttributes() { return touchedNames(entityState(this)); },
  /** Its key; null before it has one. `asText`: as text. */
  getKey(asText = false) {
    const state = entityState(this);
    const key = state.isNew ? givenKey(state, Object.fromEntries(state.touched)) : state.key;
    return key === null ? null : asText ? (Array.isArray(key) ? key.join(",") : String(key)) : Array.isArray(key) ? [...key] : key;
  },
  /** How often it has been saved. */
  getStamp() { return entityState(this).stamp; },
  /** Another object on the same entity, with what is touched here. */
  clone() {
    const state = entityState(this);
    if (state.isNew) fail("a new entity cannot be cloned before it is saved");
    touchedNames(state);
    const copy = newState(state.dc, state.page, state.row);
    for (const [name, value] of state.touched)
      copy.touched.set(name, isPlain(value) || Array.isArray(value) ? JSON.parse(JSON.stringify(value)) : value instanceof Date ? new Date(value) : value);
    copy.isDropped = state.isDropped;
    return makeEntity(copy);
  },
  /** In which attributes another entity of the dataclass differs: `[{attributeName, value, otherValue}]`. */
  diff(other, attributes) {
    const state = entityState(this);
    const others = EntityHolder.of(other);
    if (others?.dc !== state.dc) throw new TypeError(`diff takes an entity of ${state.dc.name}`);
    const names = attributes === undefined ? null : new Set(namesOf(attributes));
    const found = [];
    for (const attribute of state.dc.attributes) {
      const { name } = attribute;
      if (attribute.kind === "relatedEntities" || attribute.many || (names !== null && !names.has(name))) continue;
      const same = attribute.target === undefined ? [state, others].map((of) => comparable(of, attribute)) : [state, others].map((of) => keyText(relationKey(of, attribute) ?? null));
      if (same[0] !== same[1]) found.push({ attributeName: name, value: readValue(state, attribute), otherValue: readValue(others, attribute) });
    }
    return found;
  },
  /** As it stands in the JSON of something else: its storage attributes. */
  toJSON() {
    const state = entityState(this);
    const known = knownValues(state);
    const values = {};
    for (const { kind, name } of state.dc.attributes)
      if (kind === "storage" && Object.hasOwn(known, name)) setOwn(values, name, known[name]);
    return values;
  },
});
/** A value as text, for comparison; bytes are not loaded for it. */
const comparable = (state, attribute) =>
  JSON.stringify(state.touched.has(attribute.name) || !isBytes(attribute) ? toRow(attribute, readValue(state, attribute) ?? null) : stored(state, attribute.name));

for (const dc of dataclasses.values()) {
  const base = Object.create(ENTITY);
  for (const attribute of dc.attributes)
    Object.defineProperty(base, attribute.name, {
      get() { return readValue(entityState(this), attribute); },
      set(value) { writeValue(entityState(this), attribute, value); },
      enumerable: true,
      configurable: true,
    });
  entityBases.set(dc.name, base);
}

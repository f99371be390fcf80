// ---- What comes into a call, and what leaves it ----

/** An entity that came from the server, as it is now; `page` is where its row is. */
const described = (dc, data, page = null) => {
  if (!isObject(data)) wrongAnswer();
  const isNew = !Array.isArray(data.row);
  const state = newState(dc, isNew ? null : (page ?? newPage(dc, { attributes: data.attributes, rows: [data.row] })), isNew ? null : data.row);
  for (const [name, value] of Object.entries(data.values ?? {})) {
    const attribute = dc.byName.get(name);
    if (attribute === undefined) continue;
    // Bytes are sent as text.
    const own = isBytes(attribute) && typeof value === "string" ? fromBase64(value) : attribute.kind === "relatedEntity" ? value : ofRow(attribute, value);
    state.touched.set(name, own);
  }
  return makeEntity(state);
};
/** The `this` of each element: entities of one list are one page, whose relations are loaded together. */
const instances = (info, Class, list) => {
  if (!Array.isArray(list)) wrongAnswer();
  if (info.kind === "datastore") return list.map(operatorsDatastore);
  const dc = dataclasses.get(info.dataclass);
  if (info.kind === "dataclass") return list.map(() => dataclassObject(dc));
  if (info.kind === "selection") return list.map((data) => selectionWith(dc, data?.id));
  /** By the places of attributes in their rows. */
  const pages = new Map();
  return list.map((data) => {
    if (!Array.isArray(data?.row)) return described(dc, data);
    const columns = columnsOf(dc, data.attributes);
    if (!pages.has(columns)) pages.set(columns, newPage(dc, { attributes: data.attributes, rows: [] }));
    const page = pages.get(columns);
    checkRow(data.row);
    page.rows.push(data.row);
    return described(dc, data, page);
  });
};
/** Arguments, with the entities, selections and bytes of uploads among them. */
const values = (list) => {
  const special = call.caller?.arguments;
  if (special === undefined) return list;
  for (const [at, about] of Object.entries(special)) {
    if (typeof about.bytes === "string") {
      list[at] = fromBase64(about.bytes);
      continue;
    }
    const dc = dataclasses.get(about.entity ?? about.selection);
    if (dc === undefined) wrongAnswer();
    list[at] = about.entity === undefined ? selectionWith(dc, about.id) : described(dc, about);
  }
  return list;
};

/** For `JSON.stringify`: bytes as base64; all else says itself how it is written. */
const forJson = (name, value) => (value instanceof Uint8Array ? toBase64(value) : value);
/** Results that are written already. */
const written = new WeakMap();
const asWritten = (text) => {
  const marker = {};
  written.set(marker, text);
  return marker;
};
const asFailed = (error) => {
  if (isLimit(error)) throw error;
  return asWritten(JSON.stringify({ kind: "error", error: thrownError(error) }));
};
const asResult = (value) => {
  let text;
  try {
    text = result(value);
  } catch (error) {
    return asFailed(error);
  }
  return asWritten(text);
};
/** What a computed attribute is of one entity among many: an error of it ends nothing else. */
const computed = (get, instance) => {
  let value;
  try {
    value = get(instance);
  } catch (error) {
    return asFailed(error);
  }
  return value instanceof Promise ? value.then(asResult, asFailed) : asResult(value);
};
/** What a function returned, as the server takes it. */
const result = (value) => {
  if (written.has(value)) return written.get(value);
  if (!isObject(value)) return `{"kind":"value","value":${JSON.stringify(value) ?? "null"}}`;
  const entity = EntityHolder.of(value);
  if (entity !== null) {
    const { isNew, isDropped, stamp, dc } = entity;
    // The rest is what the server takes it for.
    if (!isNew && !isDropped && touchedNames(entity).length === 0) return `{"kind":"entity","class":${dc.text},"key":${keyText(entity.key)},"stamp":${stamp}}`;
    const sent = isNew || isDropped ? knownValues(entity) : touchedValues(entity);
    const answer = { kind: "entity", class: dc.name, key: isNew ? givenKey(entity, sent) : entity.key, stamp, isNew, values: sent };
    if (isDropped) answer.dropped = true;
    return JSON.stringify(answer);
  }
  if (SelectionHolder.of(value) !== null) {
    const state = selectionState(value);
    return JSON.stringify({ kind: "selection", class: state.dc.name, id: idOf(state) });
  }
  const outgoing = Outgoing.of(value);
  if (outgoing !== null) return JSON.stringify({ kind: "response", ...outgoing });
  return `{"kind":"value","value":${JSON.stringify(value, forJson) ?? "null"}}`;
};

const globals = () => ({ ds, session, response, fetch, openDatastore });

return {
  roots: [
    DATASTORE, DATACLASS, SELECTION, ENTITY, NO_TOOLS, Outgoing, Headers, Response,
    ...entityBases.values(), ...selectionBases.values(), ...dataclassBases.values(), entitiesOf, new Headers().entries(),
  ],
  begin, globals, forget, link, unguarded, instances, singleton, values, event, computed, result, end,
};

// ---- Values: of rows, of JavaScript, of what is sent ----

const keyText = (key) => (typeof key === "number" ? `${key}` : JSON.stringify(key));
const isKey = (key) =>
  typeof key === "string" || typeof key === "number" || (Array.isArray(key) && key.length > 0 && key.every((part) => typeof part === "string" || typeof part === "number"));
const isBytes = (attribute) => attribute.type === "image" || attribute.type === "blob";
const isoDate = (date, isSimple) => {
  if (Number.isNaN(date.getTime())) return null;
  const text = date.toISOString();
  return isSimple ? text.slice(0, text.indexOf("T")) : text;
};
const bytesOf = (value) => {
  if (value instanceof Uint8Array) return value;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  return ArrayBuffer.isView(value) ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : null;
};
const toBase64 = (bytes) => bytes.toBase64();
const fromBase64 = (text) => (text === null ? null : Uint8Array.fromBase64(text));

/** A value of a row as code sees it; not for images and blobs. Always a copy. */
const ofRow = (attribute, raw) => {
  if (raw === null || raw === undefined) return raw;
  if (attribute?.type === "date" && typeof raw === "string") return new Date(raw);
  return isObject(raw) ? JSON.parse(JSON.stringify(raw)) : raw;
};

/** A value that code has assigned, as it is sent. */
const toRow = (attribute, value) => {
  if (value === null) return null;
  const entity = EntityHolder.of(value);
  if (entity !== null) {
    if (entity.isNew) fail(`${attribute.name} has not been saved yet: save it first`);
    return entity.key;
  }
  if (value instanceof Date) return isoDate(value, attribute.type === "date" && attribute.simpleDate === true);
  if (isBytes(attribute)) {
    const bytes = bytesOf(value);
    return bytes === null ? value : toBase64(bytes);
  }
  return value;
};

/** A parameter of a query: dates as text, an entity as its key, a selection as the list of its keys. */
const parameter = (value) => {
  const entity = EntityHolder.of(value);
  if (entity !== null) return entity.key;
  if (SelectionHolder.of(value) !== null) return keysOf(selectionState(value));
  if (value instanceof Date) return isoDate(value, false);
  if (Array.isArray(value)) return value.map(parameter);
  return value === undefined ? null : value;
};
/** The parameters of `query(text, …)`: in order, or one object with them by name. */
const parameters = (values) => {
  if (values.length === 0) return null;
  if (values.length > 1 || !isPlain(values[0])) return values.map(parameter);
  const settings = { ...values[0] };
  if (Array.isArray(settings.parameters)) settings.parameters = settings.parameters.map(parameter);
  else if (isObject(settings.parameters))
    settings.parameters = Object.fromEntries(Object.entries(settings.parameters).map(([name, value]) => [name, parameter(value)]));
  return settings;
};

/** The value for an attribute made of one of another type (`fromObject`); undefined where that is not possible. */
const converted = (attribute, value) => {
  if (value === null || value === undefined) return null;
  switch (attribute.type) {
    case "string": case "uuid":
      if (value instanceof Date) return isoDate(value, false) ?? undefined;
      return isObject(value) || typeof value === "symbol" || typeof value === "function" ? undefined : String(value);
    case "bool":
      if (typeof value === "boolean") return value;
      if (typeof value === "number") return value !== 0;
      return value === "true" ? true : value === "false" ? false : undefined;
    case "byte": case "word": case "long": case "long64": case "number": case "duration": {
      if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
      if (typeof value === "boolean") return Number(value);
      return typeof value === "string" && value.trim() !== "" && Number.isFinite(Number(value)) ? Number(value) : undefined;
    }
    case "date": {
      const date = value instanceof Date || typeof value === "string" || typeof value === "number" ? new Date(value) : null;
      return date === null || Number.isNaN(date.getTime()) ? undefined : date;
    }
    case "image": case "blob":
      return bytesOf(value) ?? (typeof value === "string" ? value : undefined);
    case "object":
      return isObject(value) && !(value instanceof Date) ? value : undefined;
    default:
      return value;
  }
};

/** What a path of relations ends with: the attribute, or nothing when the model does not know it. */
const attributeAt = (dc, path) => {
  const steps = path.split(".");
  const last = steps.pop();
  for (const step of steps) {
    dc = dataclasses.get(dc?.byName.get(step)?.target);
    if (dc === undefined) return undefined;
  }
  return dc.byName.get(last);
};

// ---- Rows that came from the server ----

/** Places of attributes in rows, by name. Answers about a dataclass mostly name the same attributes, and then have the same places. */
const columnsOf = (dc, attributes) => {
  if (!Array.isArray(attributes)) wrongAnswer();
  const { lastAttributes: last } = dc;
  let isSame = last !== undefined && last.length === attributes.length;
  for (let at = 0; isSame && at < attributes.length; at++) isSame = last[at] === attributes[at];
  if (!isSame) {
    dc.lastAttributes = attributes;
    dc.lastColumns = new Map(attributes.map((name, at) => [name, at]));
  }
  return dc.lastColumns;
};
const checkRow = (row, isNull = true) => {
  if (row === null && isNull) return;
  if (!Array.isArray(row) || row.length !== 3 || !isKey(row[0]) || !Number.isSafeInteger(row[1]) || !Array.isArray(row[2])) wrongAnswer();
};
/** A page: rows that were loaded together, and whose relations are loaded together. */
const newPage = (dc, answer, most = Infinity) => {
  if (!isObject(answer) || !Array.isArray(answer.rows) || answer.rows.length > most) wrongAnswer();
  for (const row of answer.rows) checkRow(row);
  return { dc, columns: columnsOf(dc, answer.attributes), rows: answer.rows, entities: [], related: new Map() };
};
/** Loads entities by their keys, as one page. */
const getPage = (dc, keys) => {
  const page = newPage(dc, host("get", dc.name, keys));
  if (page.rows.length !== keys.length) wrongAnswer();
  return page;
};

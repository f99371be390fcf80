// ---- Other applications' datastores ----

/** There are no classes of the operator's for what is elsewhere. */
const NO_TOOLS = freeze({ info: () => undefined });
/** One that is open, by what the server said of it: all of the data API once more, on another model and with another one who answers. */
const remoteDatastore = ({ remote, model } = {}) => {
  if (!Number.isSafeInteger(remote) || !isObject(model)) wrongAnswer();
  let found = call.remotes?.get(remote);
  if (found === undefined) {
    const { number } = call;
    const ask = (operation, ...values) => {
      if (call?.number !== number) fail("the datastore was opened by a call that has ended");
      return host("remote", remote, operation, ...values);
    };
    const api = dataApi(ask, NO_TOOLS, model);
    api.begin(null);
    found = api.globals().ds;
    (call.remotes ??= new Map()).set(remote, found);
  }
  return found;
};
/** Opens another application's datastore; only hosts that the operator allows. The same alias and the same connection data: the same connection. */
const openDatastore = (connectionInfo, localID) => {
  if (!isPlain(connectionInfo) || typeof localID !== "string") throw new TypeError("openDatastore takes an object with hostname and api-key, and a text");
  return remoteDatastore(host("open", connectionInfo, localID));
};

/** Functions of a datastore that is elsewhere are members of what they are called on; attributes and the API's own members come before them. */
const addFunctions = (to, names, invoke) => {
  for (const name of names ?? [])
    if (!(name in to)) Object.defineProperty(to, name, { value(...values) { return invoke(this, name, values); }, writable: true, enumerable: false, configurable: true });
};
/** Calls one: entities and selections among the arguments go as what they are. */
const callFunction = (self, name, values) => {
  const special = {};
  const plain = values.map((value, at) => {
    const entity = EntityHolder.of(value);
    if (entity !== null) special[at] = { entity: entity.dc.name, key: entity.key, stamp: entity.stamp, values: touchedValues(entity) };
    else if (SelectionHolder.of(value) !== null) special[at] = { selection: selectionState(value).dc.name, id: idOf(selectionState(value)) };
    else return value === undefined ? null : JSON.parse(JSON.stringify(value, forJson) ?? "null");
    return null;
  });
  const answer = host("call", self, name, plain, special);
  if (!isObject(answer)) wrongAnswer();
  if (answer.kind === "value") return answer.value;
  const dc = dataclasses.get(answer.class) ?? wrongAnswer();
  return answer.kind === "selection" ? selectionWith(dc, answer.id) : described(dc, answer);
};
if (MODEL.functions !== undefined) {
  addFunctions(DATASTORE, MODEL.functions, (self, name, values) => callFunction({}, name, values));
  for (const dc of dataclasses.values()) {
    addFunctions(dataclassBases.get(dc.name), dc.functions?.dataclass, (self, name, values) => callFunction({ dataclass: dc.name }, name, values));
    addFunctions(selectionBases.get(dc.name), dc.functions?.selection, (self, name, values) => callFunction({ dataclass: dc.name, selection: idOf(selectionState(self)) }, name, values));
    addFunctions(entityBases.get(dc.name), dc.functions?.entity, (self, name, values) => {
      const { key, isNew } = entityState(self);
      if (isNew) fail(`${name} can be called when the entity is saved`);
      return callFunction({ dataclass: dc.name, key }, name, values);
    });
  }
  addMembers(DATASTORE, {
    /** `{type, networked, localID, connection}`, without the secret. */
    getInfo: () => ({ ...MODEL.info, connection: { ...MODEL.info.connection } }),
  });
}

// ---- The session ----

/** The member of the storage in which session singletons keep their properties. */
const SINGLETONS = "$singletons";
const storageText = (value, singletons) => {
  const whole = { ...value };
  delete whole[SINGLETONS];
  if (Object.keys(singletons).length > 0) whole[SINGLETONS] = singletons;
  return JSON.stringify(whole, forJson);
};
const storage = () => {
  if (call.storage === null) {
    const value = host("storage");
    if (!isPlain(value)) wrongAnswer();
    const kept = Object.hasOwn(value, SINGLETONS) && isPlain(value[SINGLETONS]) ? value[SINGLETONS] : {};
    delete value[SINGLETONS];
    call.storage = { text: storageText(value, kept), value, kept };
  }
  return call.storage;
};
/** The one instance of the session: made anew, with the properties that it had at the end of the last call. */
const singleton = (info, Class) => {
  const instance = new Class();
  if (info.kind === "sessionSingleton") {
    const { kept } = storage();
    if (Object.hasOwn(kept, info.name) && isPlain(kept[info.name]))
      for (const [name, value] of Object.entries(kept[info.name])) setOwn(instance, name, value);
    (call.singletons ??= new Map()).set(info.name, instance);
  }
  return instance;
};
/** Keeps the storage when it has changed. */
const end = () => {
  if (call.storage === null) return;
  const { text, value, kept } = call.storage;
  const singletons = { ...kept };
  for (const [name, instance] of call.singletons ?? []) setOwn(singletons, name, { ...instance });
  const after = storageText(value, singletons);
  call.storage = null;
  if (after !== text) host("store", JSON.parse(after));
};

/** Gives the session other privileges. */
const change = (operation, ...values) => {
  const answer = host(operation, ...values);
  if (!isObject(answer) || !Array.isArray(answer.guarded)) wrongAnswer();
  guardAlso(answer.guarded);
  return answer.done === true;
};

const session = addMembers({}, {
  /** Whether the caller has a privilege now, also a promoted one. */
  hasPrivilege(name) { return host("hasPrivilege", `${name}`) === true; },
  /** Names of the session's privileges, without promoted ones. */
  getPrivileges() { return host("getPrivileges"); },
  /** Gives the session privileges: a name, names, or `{privileges, roles}`. */
  setPrivileges(privileges) { return change("setPrivileges", privileges); },
  /** Takes away all that `setPrivileges` gave. */
  clearPrivileges() { return change("clearPrivileges"); },
  /** Adds a privilege for the time of the call; a number for `demote`, 0 when there is none of that name or it is there. */
  promote(name) { return host("promote", `${name}`); },
  /** Takes back what `promote` added. */
  demote(number) { host("demote", number); },
  /** What the session keeps from call to call: JSON. */
  get storage() { return storage().value; },
  /** The API key of the caller: `{id, description, type, role}`; null without one. */
  get key() {
    call.key ??= { value: host("key") };
    return isObject(call.key.value) ? { ...call.key.value } : null;
  },
});

// ---- Events of entities ----

/** Without memory, stack, time or rows code cannot go on: that is no answer of an event. */
const isLimit = (error) =>
  error === null || (error instanceof InternalError) || (error instanceof RangeError && /call stack/.test(error.message));
const thrownError = (error) => {
  const message = isObject(error) && typeof error.message === "string" ? error.message : String(error);
  return { message, errCode: isObject(error) && Number.isSafeInteger(error.errCode) ? error.errCode : null };
};
/** Runs those events that the class lists. What refuses: `{message, errCode}`, else null. */
const runEvents = (entity, names) => {
  const state = entityState(entity);
  const info = tools.info(`${state.dc.name}Entity`);
  if (info === undefined || !names.some((name) => info.events.has(name))) return null;
  state.isBusy = true;
  try {
    for (const name of names) {
      if (!info.events.has(name)) continue;
      const answer = Reflect.apply(memberOf(tools.load(info.name).prototype, name)?.value, entity, [{ name, dataclass: state.dc.name }]);
      if (answer instanceof Promise) fail(`the event ${name} cannot be async`);
      if (name.startsWith("validate") && isObject(answer) && (answer.errCode !== undefined || answer.message !== undefined))
        return { message: String(answer.message ?? ""), errCode: Number.isSafeInteger(answer.errCode) ? answer.errCode : null };
    }
  } catch (error) {
    if (isLimit(error)) throw error;
    return thrownError(error);
  } finally {
    state.isBusy = false;
  }
  return null;
};
const eventsOf = {
  beforeSave: ["validateSave", "saving"], afterSave: ["afterSave"],
  beforeDrop: ["validateDrop", "dropping"], afterDrop: ["afterDrop"],
};
/** Runs the events of an action for an entity that the server saves or drops: what they have changed, or why they refuse. */
const event = (action, entity) => {
  const state = entityState(entity);
  try {
    const before = touchedValues(state);
    const error = runEvents(entity, eventsOf[action]);
    if (error !== null) return { error };
    const values = {};
    if (action === "beforeSave")
      for (const [name, value] of Object.entries(touchedValues(state)))
        if (!Object.hasOwn(before, name) || JSON.stringify(before[name]) !== JSON.stringify(value)) setOwn(values, name, value);
    return { values };
  } catch (error) {
    if (isLimit(error)) throw error;
    return { error: thrownError(error) };
  }
};

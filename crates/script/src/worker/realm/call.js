// ---- The running call ----

/** Modules as they have run, and the instances of singletons made of them. */
const newWorld = () => ({ exports: new Map(), instances: new Map() });
/** The world of shared singletons, which stays: only the one worker that they are pinned to has it. */
let pinned = null;

/** What belongs to one call and is gone with it; what most calls have no use for is made when it is needed. */
const fresh = (world) => ({ world, timers: null, lastTimer: 0, each: false, isPlain: false });
/** Between calls. */
const NO_CALL = Object.freeze(fresh(null));
let call = NO_CALL;
const worldOf = () => (call.world ??= newWorld());

define(globalThis, "setTimeout", (callback, delay = 0, ...values) => {
  if (typeof callback !== "function") throw new TypeError("setTimeout needs a function");
  const timer = { id: ++call.lastTimer, due: native.now() + Math.max(0, Number(delay) || 0), callback, values };
  (call.timers ??= []).push(timer);
  return timer.id;
});
define(globalThis, "clearTimeout", (id) => {
  call.timers = call.timers?.filter((timer) => timer.id !== id) ?? null;
});
/** The timer that comes first; nothing without any. */
const firstTimer = () => call.timers?.reduce((first, timer) => (timer.due < first.due ? timer : first), call.timers[0]);

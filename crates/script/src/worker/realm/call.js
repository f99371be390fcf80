// ---- The running call ----

/** Modules as they have run, and the instances of singletons made of them. */
const newWorld = () => ({ exports: new Map(), instances: new Map(), globals: null });
/** The world of shared singletons, which stays: only the one worker that they are pinned to has it. */
let pinned = null;

/** What belongs to one call and is gone with it. */
const fresh = (world = newWorld()) => ({ world, loading: new Set(), timers: [], lastTimer: 0, each: false, isPlain: false });
let call = fresh();

define(globalThis, "setTimeout", (callback, delay = 0, ...values) => {
  if (typeof callback !== "function") throw new TypeError("setTimeout needs a function");
  const timer = { id: ++call.lastTimer, due: native.now() + Math.max(0, Number(delay) || 0), callback, values };
  call.timers.push(timer);
  return timer.id;
});
define(globalThis, "clearTimeout", (id) => {
  call.timers = call.timers.filter((timer) => timer.id !== id);
});

// ---- No way to make code out of text, nothing that outlives a call, nothing that waits in the engine itself ----

const refused = function () { throw new TypeError("code cannot be made out of text"); };
for (const made of [function () {}, async function () {}, function* () {}, async function* () {}])
  Object.defineProperty(Object.getPrototypeOf(made), "constructor", { value: refused });
Object.defineProperty(refused, "prototype", { value: Function.prototype });
define(globalThis, "Function", refused);
for (const name of ["eval", "SharedArrayBuffer", "Atomics", "WeakRef", "FinalizationRegistry", "performance"]) delete globalThis[name];
// The engine keeps what is assigned to these where freezing does not reach.
for (const name of ["prepareStackTrace", "stackTraceLimit", "captureStackTrace"]) delete Error[name];

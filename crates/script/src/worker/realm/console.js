// ---- console ----

const show = (value) => {
  if (typeof value === "string") return value;
  if (value instanceof Error) return value.stack ? `${value}\n${value.stack}` : String(value);
  if (typeof value === "object" && value !== null) {
    try {
      return JSON.stringify(value) ?? String(value);
    } catch {
      return Object.prototype.toString.call(value);
    }
  }
  return String(value);
};
const console = {};
for (const level of ["log", "info", "debug", "warn", "error"])
  define(console, level, (...values) => native.write(level, values.map(show).join(" ").toWellFormed()));
define(globalThis, "console", console);

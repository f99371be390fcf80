// Filters with the values of their placeholders, as they travel (remote-datastore 4.1).

import { Remote } from "./errors.js";
import type { Json } from "./json.js";
import { asParam } from "./value.js";

/** @internal */
export interface Filter {
  text: string;
  params: Json[];
}

/** The settings object of `query()`: placeholders with names. */
export interface QuerySettings {
  /** The value of `:name`. */
  parameters?: Record<string, unknown>;
  /** The attribute that `:name` stands for. */
  attributes?: Record<string, string>;
  /** Whether the text may hold `eval(…)`; the server has the last word. */
  allowFormulas?: boolean;
  /** The selection will know how it was found. */
  queryPlan?: boolean;
  /** The selection will know how it was found, with times. */
  queryPath?: boolean;
}

/** Placeholders with names become numbered ones, because only those travel. An empty text is no filter. @internal */
export function filterOf(text: string, values: unknown[], settings?: QuerySettings): Filter | undefined {
  if (text.trim() === "") return undefined;
  const params = values.map(asParam);
  if (settings === undefined) return { text, params };
  const places = new Map<string, number>();
  const made = text.replace(/'[^']*'?|"[^"]*"?|:([\p{L}_][\p{L}\p{N}_]*)|eval\s*\(/giu, (found, name: string | undefined, at: number) => {
    if (name === undefined) {
      const isFormula = /^eval/i.test(found) && !/[\p{L}\p{N}_.]$/u.test(text.slice(0, at));
      if (isFormula && settings.allowFormulas === false) throw refused(1278, "Formulas are not allowed in this query.");
      return found;
    }
    if (!places.has(name)) {
      params.push(valueOf(name, settings));
      places.set(name, params.length);
    }
    return `:${places.get(name)}`;
  });
  return { text: made, params };
}

function valueOf(name: string, { parameters = {}, attributes = {} }: QuerySettings): Json {
  if (Object.hasOwn(parameters, name)) return asParam(parameters[name]);
  if (Object.hasOwn(attributes, name)) return attributes[name] ?? null;
  throw refused(1279, `The query has no value for the placeholder :${name}.`);
}

function refused(errCode: number, message: string): Remote {
  return new Remote(400, [{ errCode, message, componentSignature: "rest" }]);
}

/** Whether the last value of a query is its settings. @internal */
export function isSettings(value: unknown): value is QuerySettings {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

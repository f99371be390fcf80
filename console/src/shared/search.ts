/** Helpers for the `parse` of a page: search parameters come from outside and may hold anything. */
export type RawSearch = Record<string, unknown>;

/** A text, absent when empty. */
export function text(raw: RawSearch, name: string): string | undefined {
  const value = raw[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** One of some texts. */
export function oneOf<T extends string>(raw: RawSearch, name: string, allowed: readonly T[]): T | undefined {
  return allowed.find((known) => known === raw[name]);
}

/** A whole number of at least 1. */
export function count(raw: RawSearch, name: string): number | undefined {
  const value = Number(raw[name]);
  return Number.isInteger(value) && value >= 1 ? value : undefined;
}

/** `true` or absent. */
export function flag(raw: RawSearch, name: string): true | undefined {
  return raw[name] === true || raw[name] === 'true' ? true : undefined;
}

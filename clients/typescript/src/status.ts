// What came of saving, deleting or locking (data-model 6.4).

import { isObject, type Json, type JsonObject } from "./json.js";
import { errorsOf, type RemoteError } from "./errors.js";

/** The result object of `save`, `drop`, `lock`, `unlock` and `reload`, with the reference's names. What is not said is not there. */
export interface Status {
  /** It was done. */
  success: boolean;
  /** Why not: 2 changed meanwhile, 3 locked by somebody else, 4 another error, 5 deleted meanwhile, 6 could not be merged. */
  status?: number;
  /** The same in words. */
  statusText?: string;
  /** Changes of others on other attributes were kept. */
  autoMerged?: boolean;
  /** The entity was read again before it was locked. */
  wasReloaded?: boolean;
  /** With status 3: 7 by a session, 1 by the server itself. */
  lockKind?: number;
  /** The same in words. */
  lockKindText?: string;
  /** Who locked it, as far as the server tells. */
  lockInfo?: Json;
  /** With status 4: what the server said. */
  errors?: RemoteError[];
}

const TEXTS: Record<number, string> = { 2: "Stamp has changed", 3: "Already Locked", 5: "Entity does not exist anymore", 6: "Auto merge failed" };

/** Not done, with the dialect's words. @internal */
export function failed(status: number, errors: RemoteError[] = []): Status {
  const made: Status = { success: false, status, statusText: TEXTS[status] ?? "Other error" };
  return errors.length > 0 ? { ...made, errors } : made;
}

/** `__STATUS` of an answer, with its errors. Older servers send the errors alone: 1263 is a changed stamp. @internal */
export function statusOf(body: JsonObject): Status | undefined {
  const errors = errorsOf(body);
  const told = body["__STATUS"];
  if (told === undefined) return errors.some((error) => error.errCode === 1263) ? failed(2, errors) : undefined;
  if (!isObject(told)) return undefined;
  const status: Status = { success: told["success"] === true };
  if (typeof told["status"] === "number") status.status = told["status"];
  if (typeof told["statusText"] === "string") status.statusText = told["statusText"];
  if (told["autoMerged"] === true) status.autoMerged = true;
  if (told["wasReloaded"] === true) status.wasReloaded = true;
  if (typeof told["lockKind"] === "number") status.lockKind = told["lockKind"];
  if (typeof told["lockKindText"] === "string") status.lockKindText = told["lockKindText"];
  if (told["lockInfo"] !== undefined && told["lockInfo"] !== null) status.lockInfo = told["lockInfo"];
  if (errors.length > 0) status.errors = errors;
  return status;
}

/** Somebody else was there: 2, 3, 5 or 6. @internal */
export function isConflict(status: Status): boolean {
  return [2, 3, 5, 6].includes(status.status ?? 0);
}

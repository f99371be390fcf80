// How answers tell errors (rest-dialect 4).

import {
  Conflict, type DatastoreError, errorsOf, type Missing, NotFound, PermissionDenied, type Reason, Remote, type RemoteError, texts, TooMany,
  Unauthorized, Validation,
} from "./errors.js";
import { isObject, type Json } from "./json.js";
import { readRow } from "./row.js";
import { isConflict, statusOf } from "./status.js";

/** A login is needed (rest-dialect 4.2). */
const NOT_LOGGED_IN = 1822;

const ACTIONS: Record<number, string | undefined> = {
  1557: "read", 1558: "update", 1559: "create", 1560: "drop", 1561: "execute", 1607: "read", 1608: "update", 1609: "describe",
};

/** The error that an answer tells, if it tells one. `calls`: a function was called, so what is not found may be it. @internal */
export function told(httpStatus: number, body: Json, calls = false): DatastoreError | undefined {
  const failed = httpStatus >= 400;
  if (!isObject(body)) return failed ? new Remote(httpStatus, []) : undefined;
  if (!("__ERROR" in body)) {
    if (!failed) return undefined;
    const text = typeof body["error"] === "string" ? body["error"] : "";
    if (httpStatus === 402 || httpStatus === 429) return new TooMany(text === "" ? `status ${httpStatus}` : text);
    if (text !== "" && [400, 401, 403].includes(httpStatus)) return new Unauthorized(reasonOf(httpStatus, text));
    if (httpStatus === 401 || httpStatus === 403) return new Unauthorized("notLoggedIn");
    return new Remote(httpStatus, []);
  }
  const errors = errorsOf(body);
  if (errors.some((error) => error.message.includes("need to be logged in"))) return new Unauthorized("notLoggedIn");
  if (httpStatus === 402 || httpStatus === 429) return new TooMany(texts(errors, "requests"));
  if (httpStatus === 401 || errors.some((error) => error.errCode in ACTIONS)) return denied(errors);
  const status = statusOf(body);
  if (status !== undefined && isConflict(status)) return new Conflict(status, "__STAMP" in body ? readRow(body) : undefined);
  if (httpStatus === 404) return new NotFound(kindOf(errors, calls), errors);
  if (errors.some((error) => [1517, 1534, 1569, 1570].includes(error.errCode))) return new Validation(quotedIn(errors[0]?.message), errors);
  return new Remote(httpStatus, errors);
}

/** The answer to a caller who is not logged in, whatever he asked. @internal */
export function isRefusedAtTheGate(body: Json): boolean {
  if (!isObject(body)) return false;
  const isOfLogin = ({ errCode, message }: RemoteError) => errCode === NOT_LOGGED_IN || message.includes("need to be logged in");
  return body["error"] !== undefined || errorsOf(body).some(isOfLogin);
}

function reasonOf(httpStatus: number, told: string): Reason {
  const text = told.toLowerCase();
  if (httpStatus === 403) return "hostNotAllowed";
  if (text.includes("missing")) return "missingKey";
  if (text.includes("expired")) return "expiredKey";
  return text.includes("logged in") ? "notLoggedIn" : "invalidKey";
}

function kindOf(errors: readonly RemoteError[], calls: boolean): Missing {
  for (const { errCode } of errors) {
    if (errCode === 1800) return "dataclass";
    if (errCode === 1542 || errCode === 1543) return "entity";
    if (errCode === 1802) return "entitySet";
    if (errCode === 1827) return "function";
    if (errCode === 1500 || errCode === 1804 || errCode === 1805) return calls ? "function" : "attribute";
  }
  return calls ? "function" : "entity";
}

function denied(errors: readonly RemoteError[]): PermissionDenied {
  const first = errors.find((error) => error.errCode in ACTIONS) ?? errors[0];
  const message = first?.message ?? "";
  const last = message.split(" the ").at(-1) ?? "";
  const dataclass = last.endsWith(" dataclass") ? last.slice(0, -" dataclass".length).replace(/^"+|"+$/g, "") : undefined;
  return new PermissionDenied(ACTIONS[first?.errCode ?? 0], dataclass, quotedIn(message), errors);
}

/** The first thing in double quotes. @internal */
export function quotedIn(message: string | undefined): string | undefined {
  return /"([^"]+)"/.exec(message ?? "")?.[1];
}

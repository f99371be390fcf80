/**
 * A remote datastore, opened by endpoint and API key: `openDatastore` for TypeScript and JavaScript.
 *
 * @module
 */

export { Call, FunctionResponse } from "./call.js";
export type { AttributeInfo, Catalog, DataclassInfo, MethodInfo } from "./catalog.js";
export { Coming } from "./coming.js";
export type { ConnectionInfo, OpenOptions } from "./connect.js";
export { Dataclass, type DataclassOf } from "./dataclass.js";
export { DataStore, type DatastoreOf, type Info } from "./datastore.js";
export { Duration } from "./duration.js";
export { Entity, type EntityOf } from "./entity.js";
export {
  Conflict, DatastoreError, type Missing, Misuse, NotFound, PermissionDenied, Protocol, type Reason, Remote, type RemoteError, SessionLost, TooMany,
  Unauthorized, Unreachable, Validation,
} from "./errors.js";
export type { QuerySettings } from "./filter.js";
export type { Json, JsonObject } from "./json.js";
export type { LoggedRequest, RequestLog } from "./log.js";
export { Media, Upload } from "./media.js";
export { openDatastore } from "./open.js";
export { Query } from "./query.js";
export { datastore } from "./registry.js";
export { RelatedEntity } from "./related.js";
export type { Row } from "./row.js";
export { Selection, type SelectionOf } from "./selection.js";
export { SimpleDate } from "./simple-date.js";
export type { Status } from "./status.js";
export type { Transaction } from "./transaction.js";

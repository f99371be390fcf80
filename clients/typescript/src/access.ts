// Entities by key, as rows (remote-datastore 4.1, 4.3; rest-dialect 6, 12, 13).

import { Ask, encoded, keyed } from "./ask.js";
import { type AttributeInfo, attributeOf, type DataclassInfo, singleKeyOf, typeOf } from "./catalog.js";
import { absent, type Connection } from "./connection.js";
import {
  afterwards, Conflict, type DatastoreError, errorsOf, isMissing, missing, Misuse, NotFound, Protocol, Remote, SessionLost, Validation,
} from "./errors.js";
import type { Place } from "./farewell.js";
import { isObject, type Json, type JsonObject, readJson, writeJson } from "./json.js";
import { excerpt, readRow, readSavedRow, type Row } from "./row.js";
import { failed, isConflict, type Status, statusOf } from "./status.js";
import { told } from "./told.js";
import type { Answer, Wire } from "./wire.js";

/** What came of saving a row. `row`: as it is stored now, also when it was not saved because it had changed. @internal */
export interface Saved {
  status: Status;
  row: Row | undefined;
}

/** A dataclass as requests need it. @internal */
export class Access {
  constructor(
    readonly connection: Connection,
    readonly name: string,
    /** Undefined before a datastore that was opened lazily has its catalog. */
    readonly info: DataclassInfo | undefined,
  ) {}

  get wire(): Wire {
    return this.connection.wire;
  }

  /** With its description, which is asked for when it is not known. */
  async described(): Promise<Access> {
    if (this.info !== undefined) return this;
    const info = (await this.connection.catalog()).dataClasses.find((dataclass) => dataclass.name === this.name);
    if (info === undefined) throw absent(this.name);
    return new Access(this.connection, this.name, info);
  }

  attribute(name: string): AttributeInfo {
    const found = attributeOf(this.info, name);
    if (found === undefined) throw missing("attribute", `The "${name}" attribute cannot be found in the "${this.name}" dataclass`);
    return found;
  }

  /** The entity with a key, as part of a path. */
  address(key: string): string {
    return keyed(this.name, key, singleKeyOf(this.info) !== undefined);
  }

  /** The same, and which entity it is. */
  place(key: string): Place {
    return { dataclass: this.name, key, address: this.address(key) };
  }

  /** Name of the key attribute. */
  singleKey(): string {
    const key = singleKeyOf(this.info);
    if (key === undefined) throw new Misuse(`${this.name} has no primary key of one attribute.`);
    return key;
  }

  /** A key as the key attribute's value; undefined for keys of several parts. */
  keyJson(key: string): Json | undefined {
    const name = singleKeyOf(this.info);
    if (name === undefined) return undefined;
    const isNumber = ["integer", "number"].includes(typeOf(attributeOf(this.info, name)));
    return isNumber && /^-?(0|[1-9]\d*)(\.\d+)?$/.test(key) ? readJson(key) : key;
  }

  /** The row with a key, with these attributes only when they are said. */
  async row(key: string, select?: string): Promise<Row | null> {
    try {
      const body = await this.wire.json(Ask.get(this.address(key)).with("$attributes", select));
      if (!isObject(body)) throw new Protocol("The answer is no entity", excerpt(writeJson(body)));
      return readRow(body);
    } catch (error) {
      if (isMissing(error, "entity")) return null;
      throw error;
    }
  }

  /** Creates without a key, updates with one; with a stamp, only when nobody has saved the entity since. */
  async saveRow(key: string | null, stamp: number, values: Map<string, Json>): Promise<Saved> {
    const body: JsonObject = key === null ? {} : { __KEY: key, __STAMP: stamp };
    // An empty `__KEY` would create: the address says it.
    const path = key === "" ? this.address(key) : encoded(this.name);
    const ask = Ask.post(path, { ...body, ...Object.fromEntries(values) }).with("$method", "update");
    return afterwards(this.wire.send(ask), (answer) => this.#saved(answer.status, this.wire.parse(answer)));
  }

  /** Saves many at once; all or none when it is atomic. */
  async writeMany(bodies: Json[], isAtomic: boolean): Promise<Saved[]> {
    const ask = Ask.post(encoded(this.name), bodies).with("$method", "update").with("$atomic", isAtomic ? "true" : undefined);
    return afterwards(this.wire.send(ask), (answer) => {
      const body = this.wire.parse(answer);
      if (!isObject(body) || !Array.isArray(body["__ENTITIES"])) {
        throw told(answer.status, body) ?? new Protocol("The answer lists no entities", this.wire.hidden(excerpt(writeJson(body))));
      }
      return body["__ENTITIES"].map((item) => this.#saved(200, item));
    });
  }

  /** What an update answer says (rest-dialect 12.3 to 12.7). */
  #saved(httpStatus: number, body: Json): Saved {
    if (!isObject(body)) throw new Protocol("The answer is no entity", excerpt(writeJson(body)));
    const hasUri = attributeOf(this.info, "uri") !== undefined;
    const status = statusOf(body);
    if (httpStatus < 400 && errorsOf(body).length === 0 && (status?.success ?? true)) {
      return { status: status ?? { success: true }, row: readSavedRow(body, hasUri) };
    }
    const row = "__STAMP" in body ? readSavedRow(body, hasUri) : undefined;
    // An item of a list has no status of its own in HTTP.
    const error = told(httpStatus < 400 ? 500 : httpStatus, body);
    if (error === undefined) return { status: failed(4), row };
    const errors = [...error.errors];
    if (error instanceof Conflict) return { status: error.result, row };
    if (error instanceof Validation) return { status: status?.status === undefined ? failed(4, errors) : { ...status, success: false }, row };
    const isGone = isMissing(error, "entity") || (error instanceof Remote && errors.some(({ errCode }) => errCode === 1542));
    if (isGone) return { status: failed(5, errors), row: undefined };
    if (error instanceof Remote && status !== undefined) return { status: failed(4, errors), row };
    throw error;
  }

  /** Deletes the entity with a key, whatever its stamp; gives what the server said against it. */
  async deleteRow(key: string, stamp?: number): Promise<DatastoreError | undefined> {
    let ask = Ask.post(this.address(key)).with("$method", "delete");
    if (stamp !== undefined) ask = ask.with("$stamp", `${stamp}`);
    return afterwards(this.wire.send(ask), (answer) => told(answer.status, this.wire.parse(answer)));
  }

  /** Deletes the entity with a key when it has this stamp. A server that compares stamps itself does both as one; from others the entity is read before. */
  async dropRowIf(key: string, stamp: number): Promise<Status> {
    if ((await this.connection.catalog()).properties.supportDeleteStamp) return this.dropRow(key, stamp);
    const row = await this.row(key, singleKeyOf(this.info));
    if (row === null) return failed(5);
    return row.stamp === stamp ? this.dropRow(key) : failed(2);
  }

  /** Deletes the entity with a key; of one with another stamp than this, if given, nothing. */
  async dropRow(key: string, stamp?: number): Promise<Status> {
    return afterwards(this.deleteRow(key, stamp), (error) => {
      const status = error === undefined ? { success: true } : conflictOf(error);
      if (status !== undefined) return status;
      if ((error instanceof Validation || error instanceof Remote) && error.errors.length > 0) {
        // Older servers say it in words only.
        const isLocked = error.errors.some(({ message }) => message.includes(" is locked"));
        return failed(isLocked ? 3 : 4, [...error.errors]);
      }
      throw error;
    });
  }

  /** Asks for the lock, or for its end. When the answer was given in a session that is not kept, it is asked for once more. */
  async askLock(key: string, lock: boolean): Promise<Status> {
    const ask = Ask.get(this.address(key)).with("$lock", lock ? "true" : "false");
    let answer: Answer;
    try {
      answer = await this.wire.send(ask);
      if (answer.isElsewhere) answer = await this.wire.send(ask);
    } catch (error) {
      // Perhaps the new session has it now.
      if (lock && error instanceof SessionLost) this.wire.unlockLater(this.place(key));
      throw error;
    }
    const body = this.wire.parse(answer);
    const error = told(answer.status, body);
    if (error !== undefined) {
      const status = conflictOf(error);
      if (status === undefined) throw error;
      return status;
    }
    const success = isObject(body) && body["result"] === true;
    const status = (isObject(body) ? statusOf(body) : undefined) ?? (success ? { success } : failed(3));
    return { ...status, success };
  }

  /** The bytes that a deferred image or blob names. */
  async bytes(uri: string): Promise<Uint8Array> {
    const ask = Ask.uri(uri);
    if (ask === undefined) throw new Protocol("The address leads elsewhere", excerpt(uri));
    const answer = await this.wire.send(ask);
    if (answer.status >= 400) throw told(answer.status, this.wire.parse(answer)) ?? new Remote(answer.status, []);
    return answer.body;
  }
}

/** Status 2, 3, 5 and 6 are no errors. */
function conflictOf(error: DatastoreError): Status | undefined {
  if (error instanceof Conflict && isConflict(error.result)) return error.result;
  return error instanceof NotFound && error.kind === "entity" ? failed(5) : undefined;
}

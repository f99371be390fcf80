// Does the steps of a case (clients/conformance/README.md).

import assert from "node:assert/strict";
import { inspect } from "node:util";

import {
  datastore, DatastoreError, DataStore, Duration, Entity, FunctionResponse, Media, openDatastore, RelatedEntity, Selection, SimpleDate, Upload,
} from "claviger-client";

import { writeJson } from "../dist/json.js";
import { equal, has } from "./suite.mjs";

/** Results of all cases: nothing is collected in the middle of one, because that would be told to the server. */
const alive = [];

/** `world`: `hostname`, `keys` (secrets by name), `deleteKey(name)`, `serve("killServer" | "startServer" | "restartServer", clock)`. */
export async function run(name, test, world) {
  const runner = new Runner(world);
  for (const [number, step] of test.steps.entries()) {
    const place = `${name}, step ${number + 1}: ${writeJson(step)}`;
    let found;
    let error;
    const start = performance.now();
    try {
      found = await runner.step(step);
    } catch (thrown) {
      error = thrown;
    }
    const elapsed = performance.now() - start;
    assert(elapsed <= (step.within ?? elapsed), `${place}\ntook ${elapsed} ms`);
    if (error !== undefined && !(error instanceof DatastoreError)) throw new Error(`${place}\nbroke: ${inspect(error)}`, { cause: error });
    const told = error ?? found.kept;
    const said = [inspect(told, { depth: 9, showHidden: true }), json(told), String(error), error?.stack, json(found?.shown)].join("\n");
    assert(!Object.values(world.keys).some((secret) => said.includes(secret)), `${place}\ntells a secret`);
    if (error !== undefined) {
      assert(step.error !== undefined, `${place}\nfailed: ${inspect(error)}`);
      const shown = shownError(error, step.do === "call" ? called : step.do === "dropAll" ? selection : plain);
      assert(has(shown, step.error), `${place}\nfailed otherwise: ${json(shown)}`);
      continue;
    }
    assert(step.error === undefined, `${place}\ndid not fail: ${json(found.shown)}`);
    if ("expect" in step) assert(equal(found.shown, step.expect), `${place}\ngave ${json(found.shown)}`);
    if ("has" in step) assert(has(found.shown, step.has), `${place}\ngave ${json(found.shown)}`);
    const saved = step.save ?? (step.do === "open" ? "ds" : undefined);
    if (saved !== undefined && found.kept !== undefined) runner.kept.set(saved, found.kept);
  }
}

const json = (value) => JSON.stringify(value, (_name, inner) => (typeof inner === "bigint" ? `${inner}` : inner)) ?? "";
const plain = (shown) => ({ shown });
const entity = (kept) => (kept === null ? { shown: null } : { shown: shownEntity(kept), kept });
const selection = (kept) => ({ shown: shownSelection(kept), kept });
const shownEntity = (one) => ({ key: one.getKey(), stamp: one.getStamp(), isNew: one.isNew(), dataclass: one.getDataClass().getInfo().name });
const shownSelection = (one) => ({ length: one.length, dataclass: one.getDataClass().getInfo().name, isOrdered: one.isOrdered() });

/** `as`: how results of the operation are shown. */
function shownError(error, as) {
  const { name, message, number, host, reason, action, dataclass, attribute, kind, status, statusText, httpStatus, locks, executed } = error;
  const result = error.executed === true && error.cause === undefined ? as(error.result).shown : undefined;
  const shown = { class: name, text: message, number, host, reason, action, dataclass, attribute, kind, status, statusText, httpStatus, locks, executed, result };
  return Object.fromEntries(Object.entries(shown).filter(([, value]) => value !== undefined));
}

function shownValue(value) {
  if (value instanceof SimpleDate) return { $date: value.toString() };
  if (value instanceof Date) return { $instant: value.toISOString() };
  if (value instanceof Duration) return { $duration: value.milliseconds };
  if (value instanceof Media) return { $media: value.isImage ? "image" : "blob" };
  if (value instanceof RelatedEntity) return { $key: value.key };
  return value;
}

class Runner {
  kept = new Map();

  constructor(world) {
    this.world = world;
  }

  of(type, name) {
    const found = this.kept.get(name);
    assert(found instanceof type, `${name} is no ${type.name}`);
    return found;
  }

  value(given) {
    const [[name, inner] = [], ...more] = typeof given === "object" && given !== null && !Array.isArray(given) ? Object.entries(given) : [];
    if (more.length > 0) return given;
    if (name === "$date") return SimpleDate.from(inner);
    if (name === "$instant") return new Date(inner);
    if (name === "$duration") return new Duration(inner);
    if (name !== "$ref") return given;
    assert(this.kept.has(inner), `nothing is called ${inner}`);
    return this.kept.get(inner);
  }

  async step(step) {
    const done = await this.doStep(step);
    alive.push(done.kept);
    return done;
  }

  async doStep(step) {
    const store = () => this.of(DataStore, step.on ?? "ds");
    const dataclass = () => store().dataclass(step.dataclass);
    const one = () => this.of(Entity, step.on);
    const all = () => this.of(Selection, step.on);
    const mode = step.mode === "autoMerge" ? "merge" : step.mode;
    switch (step.do) {
      case "open": return this.open(step);
      case "close": return plain((await store().close()) ?? null);
      case "byLocalID": return plain(datastore(step.localID) !== null);
      case "getInfo": {
        const info = store().getInfo();
        if (info.connection.hostname === new URL(this.world.hostname).host) info.connection.hostname = "HOST";
        return plain(info);
      }
      case "warnings": return plain(store().warnings().length);
      case "dataclasses": return plain(await store().dataclasses());
      case "attribute": {
        const { name, kind, type, readOnly } = dataclass().attribute(step.name);
        return plain({ name, kind, type, readOnly });
      }
      case "startRequestLog": return plain((await store().startRequestLog({ bodies: true })) ?? null);
      case "requestLog": return plain(this.requestLog(store()));
      case "get": return entity(await dataclass().get(step.key));
      case "count": return plain(await dataclass().getCount());
      case "query": return selection(await this.query(step, step.dataclass === undefined ? all() : dataclass()));
      case "new": {
        const made = dataclass().new();
        // By property and by function: both are ways of this library.
        for (const [at, [name, value]] of Object.entries(step.values).entries()) {
          if (at % 2 === 0) made[name] = this.value(value);
          else made.set(name, this.value(value));
        }
        return entity(made);
      }
      case "fromCollection": return plain(await dataclass().fromCollection(step.objects));
      case "upload": {
        const bytes = new TextEncoder().encode(step.text);
        return { shown: null, kept: await (step.type === undefined ? store().upload(bytes) : store().uploadImage(bytes, step.type)) };
      }
      case "call": return this.call(step, store);
      case "transaction": {
        const entities = step.entities.map((name) => this.of(Entity, name));
        return plain(await store().transaction((transaction) => entities.forEach((each) => transaction.save(each))));
      }
      case "deleteKey": return plain(this.world.deleteKey(step.key) ?? null);
      case "killServer": case "startServer": case "restartServer": return plain((await this.world.serve(step.do, step.clock)) ?? null);
      case "iterate": return { shown: null, kept: all()[Symbol.asyncIterator]() };
      case "next": {
        const keys = [];
        while (keys.length < step.count) {
          const { done, value } = await this.kept.get(step.on).next();
          if (done) break;
          keys.push(value.getKey());
        }
        return plain(keys);
      }
      case "set":
        for (const [name, value] of Object.entries(step.values)) one()[name] = this.value(value);
        return plain(null);
      case "values": {
        const found = step.names.map((name) => [name, one()[name]]).filter(([, value]) => value !== undefined);
        for (const [name] of found) assert(name in one(), `${name} is not enumerated`);
        return plain(Object.fromEntries(found.map(([name, value]) => [name, shownValue(value)])));
      }
      case "touched":
        assert.equal(one().touched(), one().touchedAttributes().length > 0);
        return plain(one().touchedAttributes());
      case "save": return plain(await one().save(mode));
      case "drop": return plain(await one().drop(mode));
      case "lock": return plain(await one().lock(mode));
      case "unlock": return plain(await one().unlock());
      case "reload": return plain(await one().reload());
      case "related": return entity(await one()[step.name]);
      case "relatedSelection": return selection(await this.kept.get(step.on)[step.name]);
      case "bytes": {
        const bytes = await one().bytes(step.name);
        return plain(bytes === null ? null : new TextDecoder().decode(bytes));
      }
      case "keys": {
        const keys = [];
        for await (const each of all()) keys.push(each.getKey());
        return plain(keys);
      }
      case "extract": return plain((await all()[step.name]).map(shownValue));
      case "distinct": return plain((await all().distinct(step.name)).map(shownValue));
      case "compute": return plain(shownValue(await all()[step.what](step.name)));
      case "toCollection": return plain(await all().toCollection(step.names));
      case "and": case "or": case "minus": return selection(await all()[step.do](this.of(Selection, step.with)));
      case "slice": return selection(await all().slice(step.first, step.end));
      case "at": return entity(await all().at(step.index));
      case "contains": return plain(await all().contains(step.key));
      case "indexOf": return plain(await all().indexOf(step.key));
      case "dropAll": return selection(await all().drop());
      case "release": {
        const released = all();
        this.kept.delete(step.on);
        return plain((await released.close()) ?? null);
      }
      default: throw new Error(`${step.do} is no operation`);
    }
  }

  async open(step) {
    const secret = (name) => this.world.keys[name] ?? "claviger_notAKeyOfAnybody";
    const info = step.info === undefined ? { "api-key": step.key } : { ...step.info };
    if (typeof info["api-key"] === "string") info["api-key"] = secret(info["api-key"]);
    info.hostname ??= step.hostname ?? this.world.hostname;
    const { lazy = false, replace = false, retries = 3, requestTimeout = 30_000, pageSize = 100 } = step;
    return { shown: null, kept: await openDatastore(info, step.localID, { lazy, replace, retries, retryDelay: 0, requestTimeout, pageSize, warn: () => {} }) };
  }

  /** Without queries, and without the IDs of sets. */
  requestLog(store) {
    const log = store.getRequestLog();
    assert(!Object.values(this.world.keys).some((secret) => JSON.stringify(log).includes(secret)), "the log tells a secret");
    const requests = log.reverse().map((entry) => {
      assert(entry.response !== null && entry.sequenceNumber > 0 && entry.endTime >= entry.startTime, json(entry));
      const { pathname } = new URL(entry.url);
      return `${entry.method} ${pathname.replace(/(\/\$entityset\/)[0-9A-Za-z]+/, "$1SET")}`;
    });
    return { requests };
  }

  query(step, from) {
    const named = step.named && {
      parameters: Object.fromEntries(Object.entries(step.named.parameters ?? {}).map(([name, value]) => [name, this.value(value)])),
      attributes: step.named.attributes ?? {},
    };
    const values = [...(step.params ?? []).map((value) => this.value(value)), ...(named === undefined ? [] : [named])];
    let query = step.filter === undefined && step.dataclass !== undefined ? from.all() : from.query(step.filter ?? "", ...values);
    if (step.orderBy !== undefined) query = query.orderBy(step.orderBy);
    return step.select === undefined ? query : query.select(step.select);
  }

  async call(step, store) {
    const values = step.arguments.map((value) => this.value(value));
    const on = {
      dataStore: () => store(),
      dataclass: () => store()[step.dataclass],
      object: () => this.kept.get(step.on),
    }[step.of];
    let call;
    if (step.of === "singleton") call = store().callSingleton(step.singleton, step.function, ...values);
    // As a member where the catalog has it.
    else call = typeof on()[step.function] === "function" ? on()[step.function](...values) : on().call(step.function, ...values);
    return called(await (step.byGet === true ? call.byGet() : call));
  }
}

function called(value) {
  if (value instanceof Entity) return { shown: { entity: shownEntity(value) }, kept: value };
  if (value instanceof Selection) return { shown: { selection: shownSelection(value) }, kept: value };
  if (value instanceof FunctionResponse) return plain({ response: { status: value.status, contentType: value.contentType, text: value.text() } });
  return plain({ value });
}

// A datastore that is open at a server which plays what a test says.

import assert from "node:assert/strict";
import { afterEach } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { openDatastore } from "claviger-client";

import { writeJson } from "../dist/json.js";
import { loopback, SECRET } from "./loopback.mjs";
import { read } from "./suite.mjs";

const CATALOG = writeJson(read("recorded/catalog.json"));
const servers = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

/** A server that is ended with the test. */
export async function play(reply) {
  const server = await loopback(reply);
  servers.push(server);
  return server;
}

/** A server whose catalog is that of recordings; the rest is answered by `answer(asked, number)`: JSON, or a whole answer. */
export async function serve(answer = () => ({}), options = {}, info = {}) {
  const server = await play(async (number, asked) => {
    if (asked.url === "/rest/$catalog/$all") return { headers: options.cookies ? [["set-cookie", `S=${number}`]] : [], body: options.catalog ?? CATALOG };
    const given = await answer(asked, number);
    return given === "hangUp" || given === "silence" || given.body !== undefined ? given : { body: writeJson(given) };
  });
  const { localID, catalog: _catalog, cookies: _cookies, ...rest } = options;
  const ds = await openDatastore({ hostname: server.hostname, "api-key": SECRET, ...info }, localID, { retryDelay: 0, warn: () => {}, ...rest });
  return { ds, server };
}

export const book = (key, stamp = 1, values = {}) => ({ __KEY: String(key), __STAMP: stamp, ID: key, title: `Book ${key}`, ...values });
export const page = (count, ...entities) => ({ __DATACLASS: "Book", __COUNT: count, __FIRST: 0, __ENTITIES: entities, __SENT: entities.length });

/** Collects garbage until what follows from it has come. */
export async function collected(isDone) {
  setFlagsFromString("--expose_gc");
  const collect = runInNewContext("gc");
  for (let turn = 0; turn < 500 && !isDone(); turn += 1) {
    collect();
    await new Promise((done) => setImmediate(done));
  }
  assert(isDone());
}

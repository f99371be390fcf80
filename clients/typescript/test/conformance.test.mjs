// The conformance suite of all client libraries, run by this one.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, test } from "node:test";

import { openDatastore } from "claviger-client";

import { readJson, writeJson } from "../dist/json.js";
import { loopback, SECRET } from "./loopback.mjs";
import { run } from "./runner.mjs";
import { cases, equal, read, SUITE } from "./suite.mjs";

describe("recorded cases", () => {
  const catalog = writeJson(read("recorded/catalog.json"));
  for (const [name, recorded] of cases("recorded")) {
    test(name, async () => {
      const { exchanges } = recorded;
      const server = await loopback((number, asked) => {
        const exchange = exchanges[number];
        return exchange === undefined || differs(exchange.request, asked) !== undefined ? { status: 500, body: "{}" } : reply(exchange.answer, catalog);
      });
      let failure;
      try {
        await run(name, recorded, { hostname: server.hostname, keys: { any: SECRET }, deleteKey: () => assert.fail("no keys are made") });
      } catch (error) {
        failure = error;
      }
      await server.close();
      for (const [number, asked] of server.asked.entries()) {
        const difference = exchanges[number] === undefined ? "is one more than recorded" : differs(exchanges[number].request, asked);
        assert.equal(difference, undefined, `${name}, request ${number + 1}: ${asked.method} ${asked.url}\n${difference}`);
      }
      if (failure !== undefined) throw failure;
      assert.equal(server.asked.length, exchanges.length, "not all requests came");
    });
  }
});

/** What is not as recorded. */
function differs(wanted, asked) {
  const [path, query = ""] = asked.url.split("?");
  if (wanted.method !== asked.method || wanted.path !== decodeURIComponent(path)) return `${wanted.method} ${wanted.path} was expected`;
  const found = Object.fromEntries(query.split("&").filter((pair) => pair.includes("=")).map(parameter));
  const parameters = Object.fromEntries(Object.entries(wanted.query ?? {}).map(([name, value]) => [name, typeof value === "number" ? String(value) : value]));
  if (!equal(found, parameters)) return `the parameters are ${writeJson(found)}`;
  if (asked.headers["api-key"] !== SECRET) return "the key is not sent";
  for (const [name, value] of Object.entries(wanted.headers ?? {})) {
    if ((asked.headers[name] ?? null) !== value) return `the header ${name} is ${asked.headers[name]}`;
  }
  if (!("body" in wanted)) return undefined;
  return asked.body !== "" && equal(readJson(asked.body), wanted.body) ? undefined : `the body is ${asked.body}`;
}

function parameter(pair) {
  const equals = pair.indexOf("=");
  const [name, value] = [pair.slice(0, equals), pair.slice(equals + 1)].map(decodeURIComponent);
  const inner = /^(["'])(.*)\1$/s.exec(value)?.[2] ?? value;
  return [name, name === "$params" ? readJson(inner) : inner];
}

function reply(answer, catalog) {
  if (answer.silence === true) return "silence";
  if (answer.hangUp === true) return "hangUp";
  const body = answer.catalog === true ? catalog : "json" in answer ? writeJson(answer.json) : (answer.text ?? "");
  return { status: answer.status ?? 200, headers: answer.headers, body };
}

const BINARY = process.env.CLAVIGER_BINARY;

describe("live cases", { skip: BINARY === undefined ? "CLAVIGER_BINARY names no server program" : false }, () => {
  let server;
  before(async () => {
    server = await start(BINARY);
    await fill(server);
  });
  after(() => server?.stop());
  for (const [name, live] of cases("live")) test(name, () => run(name, live, server));
});

async function start(binary) {
  const app = mkdtempSync(join(tmpdir(), "claviger-client-"));
  cpSync(join(SUITE, "fixture"), app, { recursive: true });
  // An environment that no setting of the machine reaches.
  const env = { ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("CLAVIGER_"))), NO_COLOR: "1" };
  const command = (...words) => execFileSync(binary, words, { cwd: app, env, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  const [keys, ids] = [{}, {}];
  for (const { name, role, allowHost } of read("fixture/keys.json")) {
    const host = allowHost === undefined ? [] : ["--allow-host", allowHost];
    const record = JSON.parse(command("keys", "create", "--json", "--description", name, "--role", role, ...host));
    keys[name] = record.secret;
    ids[name] = record.id;
  }
  const child = spawn(binary, ["serve", "--listen", "127.0.0.1:0"], { cwd: app, env, stdio: ["ignore", "pipe", "inherit"] });
  let hostname;
  for await (const line of createInterface({ input: child.stdout })) {
    hostname = /^listening on (.*)$/.exec(line)?.[1];
    if (hostname !== undefined) break;
  }
  child.stdout.resume();
  assert(hostname !== undefined, "the server does not start");
  const stop = async () => {
    const ended = new Promise((done) => child.once("exit", done));
    child.kill("SIGKILL");
    await ended;
    rmSync(app, { recursive: true, force: true });
  };
  return { hostname, keys, deleteKey: (name) => void command("keys", "delete", "--yes", ids[name]), stop };
}

/** Saves `data.json`, dataclass by dataclass in the order of their first entity. */
async function fill(server) {
  const ds = await openDatastore({ hostname: server.hostname, "api-key": server.keys.admin });
  const waiting = [];
  for (const { dataclass, entity, repeat = 1 } of read("fixture/data.json")) {
    if (waiting.at(-1)?.dataclass !== dataclass) waiting.push({ dataclass, objects: [] });
    for (let n = 1; n <= repeat; n += 1) {
      waiting.at(-1).objects.push(Object.fromEntries(Object.entries(entity).map(([name, value]) => [name, numbered(value, n)])));
    }
  }
  for (const { dataclass, objects } of waiting) {
    const statuses = await ds[dataclass].fromCollection(objects);
    assert.deepEqual(statuses.filter(({ success }) => !success), [], dataclass);
  }
  await ds.close();
}

function numbered(value, n) {
  if (value === "{n}") return n;
  return typeof value === "string" ? value.replaceAll("{n}", String(n)) : value;
}

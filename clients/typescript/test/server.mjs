// The server program with the fixture of the conformance suite.

import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { appendFileSync, cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { openDatastore } from "claviger-client";

import { read, SUITE } from "./suite.mjs";

/** A fresh server with the fixture and its data: on SQLite, or on a database of its own of the PostgreSQL server that is named. `settings`: more of them. */
export async function start(binary, { postgres, settings = "" } = {}) {
  const app = mkdtempSync(join(tmpdir(), "claviger-client-"));
  cpSync(join(SUITE, "fixture"), app, { recursive: true });
  appendFileSync(join(app, "claviger.toml"), settings);
  // An environment that no setting of the machine reaches.
  const env = { ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("CLAVIGER_"))), NO_COLOR: "1" };
  const database = postgres === undefined ? undefined : makeDatabase(postgres);
  if (database !== undefined) env.CLAVIGER_DATABASE__URL = database.url;
  const command = (...words) => execFileSync(binary, words, { cwd: app, env, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  const [keys, ids] = [{}, {}];
  for (const { name, role, allowHost, expires } of read("fixture/keys.json")) {
    const more = Object.entries({ "--allow-host": allowHost, "--expires": expires }).filter(([, value]) => value !== undefined).flat();
    const record = JSON.parse(command("keys", "create", "--json", "--description", name, "--role", role, ...more));
    keys[name] = record.secret;
    ids[name] = record.id;
  }
  let { child, hostname } = await serve(binary, app, env, "127.0.0.1:0");
  const end = async (signal) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((done) => child.once("exit", done));
    child.kill(signal);
    await ended;
  };
  const server = {
    hostname,
    keys,
    deleteKey: (name) => void command("keys", "delete", "--yes", ids[name]),
    /** One that is started again has the address that it had. */
    serve: async (change, clock) => {
      await end(change === "killServer" ? "SIGKILL" : "SIGTERM");
      if (change !== "killServer") ({ child } = await serve(binary, app, { ...env, ...moved(clock) }, new URL(hostname).host));
    },
    stop: async () => {
      await end("SIGKILL");
      rmSync(app, { recursive: true, force: true });
      database?.drop();
    },
  };
  try {
    await fill(server);
  } catch (error) {
    // A program that nobody ends would keep the test waiting for ever.
    await server.stop();
    throw error;
  }
  return server;
}

/** The program, once it listens, and where. */
async function serve(binary, app, env, listen) {
  const child = spawn(binary, ["serve", "--listen", listen], { cwd: app, env, stdio: ["ignore", "pipe", "inherit"] });
  let hostname;
  for await (const line of createInterface({ input: child.stdout })) {
    hostname = /^listening on (.*)$/.exec(line)?.[1];
    if (hostname !== undefined) break;
  }
  child.stdout.resume();
  assert(hostname !== undefined, `the server does not listen on ${listen}`);
  return { child, hostname };
}

/** The library of the program `faketime`, where there is one. */
export function faketime() {
  const told = spawnSync("faketime", ["-f", "+0", "printenv", "LD_PRELOAD"], { encoding: "utf8" });
  return told.status === 0 ? told.stdout.trim() : undefined;
}

/** Variables that move a program's clock, as in `+3d`. The wrapper `faketime` would stand between the test and its server, so its library is loaded directly. */
function moved(clock) {
  return clock === undefined ? {} : { LD_PRELOAD: faketime(), FAKETIME: clock, FAKETIME_DONT_FAKE_MONOTONIC: "1" };
}

/** Why there are no cases on PostgreSQL; false when there are. */
export function whyNoPostgres() {
  if (process.env.TEST_POSTGRES_URL === undefined) return "TEST_POSTGRES_URL names no PostgreSQL server";
  return spawnSync("psql", ["--version"]).error === undefined ? false : "there is no psql, which makes a database";
}

function makeDatabase(server) {
  const name = `claviger_typescript_${randomUUID().replaceAll("-", "")}`;
  const sql = (text) => execFileSync("psql", ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", text, server], { stdio: ["ignore", "ignore", "inherit"] });
  sql(`CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8'`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => sql(`DROP DATABASE ${name} WITH (FORCE)`) };
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

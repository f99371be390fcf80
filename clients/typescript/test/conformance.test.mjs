// The conformance suite of all client libraries, run by this one.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { readJson, writeJson } from "../dist/json.js";
import { loopback, SECRET } from "./loopback.mjs";
import { run } from "./runner.mjs";
import { faketime, start, whyNoPostgres } from "./server.mjs";
import { cases, equal, read } from "./suite.mjs";

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
        await run(name, recorded, { hostname: server.hostname, keys: { any: SECRET }, deleteKey: () => assert.fail("no keys are made"), serve: assert.fail });
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
  if (!("api-key" in (wanted.headers ?? {})) && asked.headers["api-key"] !== SECRET) return "the key is not sent";
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
  return { status: answer.status ?? 200, headers: answer.headers, body, isCut: answer.cut === true, stays: answer.keepAlive === true };
}

const BINARY = process.env.CLAVIGER_BINARY;
const noBinary = BINARY === undefined ? "CLAVIGER_BINARY names no server program" : false;

for (const [engine, skip] of [["SQLite", noBinary], ["PostgreSQL", noBinary || whyNoPostgres()]]) {
  describe(`live cases on ${engine}`, { skip }, () => {
    let server;
    before(async () => {
      server = await start(BINARY, { postgres: engine === "PostgreSQL" ? process.env.TEST_POSTGRES_URL : undefined });
    });
    after(() => server?.stop());
    for (const [name, live] of cases("live")) {
      const isLacking = live.needs === "faketime" && faketime() === undefined;
      test(name, { skip: isLacking && `${name} needs the program faketime` }, () => run(name, live, server));
    }
  });
}

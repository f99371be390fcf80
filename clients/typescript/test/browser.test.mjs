// A page of another origin than the server's that uses the library as it is built, in Chromium.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, request } from "node:http";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";

import { start } from "./server.mjs";

const HERE = fileURLToPath(new URL("..", import.meta.url));
const TYPES = { ".html": "text/html", ".js": "text/javascript" };
const names = [process.env.CHROMIUM, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const CHROMIUM = names.find((name) => name !== undefined && spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0);
const BINARY = process.env.CLAVIGER_BINARY;
const skip = BINARY === undefined ? "CLAVIGER_BINARY names no server program" : CHROMIUM === undefined ? "Chromium is not installed" : false;

describe("a page in a browser", { skip }, () => {
  let page;
  let stranger;
  let proxy;
  let server;
  before(async () => {
    [page, stranger] = [await pages(), await pages()];
    server = await start(BINARY, { settings: `\n[rest]\ncors_origins = ["${page.origin}"]\n` });
    proxy = await watching(server.hostname);
  });
  after(async () => {
    for (const each of [page, stranger, proxy, server]) await each?.stop();
  });

  test("reads and writes with a key, whose presence is warned about, and sends no cookies", async () => {
    const { told, printed } = await page.show("reads,writes,refusals", { hostname: proxy.origin, key: server.keys.admin });
    assert.deepEqual(told.reads, { titles: ["Atlas true", "Slow Rivers true", "Solaris true"], entries: 1000 });
    assert.deepEqual(told.writes, { done: [true, true, true, true, true], stamp: 2, bytes: "bytes", called: { n: 1 }, warnings: 1 });
    assert.deepEqual(told.refusals, { wrong: { name: "Unauthorized", reason: "invalidKey" }, count: 3, file: true });
    assert.match(printed, /CONSOLE[^\n]*claviger-client: An API key stands in a browser page/);
    assert(!printed.includes(server.keys.admin), "the console tells the secret");
    const [first, second] = proxy.asked;
    assert.deepEqual([first.method, first.url, first.headers.origin], ["OPTIONS", "/rest/$catalog/$all", page.origin]);
    assert(first.headers["access-control-request-headers"].split(",").includes("api-key"));
    assert.deepEqual([second.method, second.headers["api-key"]], ["GET", server.keys.admin]);
    assert(proxy.asked.every(({ headers }) => headers.cookie === undefined));
  });

  test("of an origin that the server does not know cannot read", async () => {
    const { told } = await stranger.show("opens", { hostname: proxy.origin, key: server.keys.admin });
    assert.equal(told.opens, "unreachable");
  });
});

/** Serves this folder's files; `show` opens the page in a browser of its own, and gives what it told and what the browser printed. */
async function pages() {
  let tell;
  let given;
  const server = createServer(async (asked, answer) => {
    const { pathname } = new URL(asked.url, "http://x");
    if (pathname === "/told") {
      const parts = [];
      for await (const part of asked) parts.push(part);
      answer.end();
      tell(JSON.parse(Buffer.concat(parts)));
      return;
    }
    if (pathname === "/data") {
      answer.end(JSON.stringify(given));
      return;
    }
    const isOurs = /^\/(dist|test\/browser)\/[\w.-]+$/.test(pathname);
    answer.writeHead(isOurs ? 200 : 404, { "content-type": TYPES[extname(pathname)] ?? "text/plain" });
    answer.end(isOurs ? readFileSync(join(HERE, pathname)) : "");
  });
  const { origin, stop } = await listening(server);
  const show = async (steps, data) => {
    const profile = mkdtempSync(join(tmpdir(), "claviger-client-browser-"));
    const address = `${origin}/test/browser/page.html?do=${steps}`;
    given = data;
    const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking", "--enable-logging=stderr", `--user-data-dir=${profile}`];
    let printed = "";
    const browser = spawn(CHROMIUM, [...flags, address], { detached: true, stdio: ["ignore", "ignore", "pipe"] });
    browser.stderr.on("data", (part) => {
      printed += part;
    });
    const ended = new Promise((done) => browser.once("exit", done));
    try {
      const told = await new Promise((done, failed) => {
        tell = done;
        browser.once("exit", () => failed(new Error(`the browser ended: ${printed}`)));
      });
      return { told, printed };
    } finally {
      // With all its processes.
      if (browser.exitCode === null) process.kill(-browser.pid, "SIGKILL");
      await ended;
      rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    }
  };
  return { origin, stop, show };
}

/** Passes everything on, and remembers it. */
async function watching(hostname) {
  const asked = [];
  const server = createServer((from, to) => {
    asked.push({ method: from.method, url: from.url, headers: from.headers });
    const onward = request(hostname + from.url, { method: from.method, headers: from.headers }, (answer) => {
      to.writeHead(answer.statusCode, answer.headers);
      answer.pipe(to);
    });
    onward.on("error", () => to.destroy());
    from.pipe(onward);
  });
  return { asked, ...(await listening(server)) };
}

async function listening(server) {
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const stop = () => new Promise((done) => {
    server.close(done);
    server.closeAllConnections?.();
  });
  return { origin: `http://127.0.0.1:${server.address().port}`, stop };
}

// The JavaScript and TypeScript examples of `docs/guide/reading-from-outside.md`, run on the demo of the program that CLAVIGER_BINARY names.

import assert from "node:assert/strict";
import { execFile, execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const HERE = fileURLToPath(new URL("..", import.meta.url));
const PAGE = readFileSync(join(HERE, "../../docs/guide/reading-from-outside.md"), "utf8");
const BINARY = process.env.CLAVIGER_BINARY;
const skip = BINARY === undefined ? "CLAVIGER_BINARY names no server program" : false;

let folder;
let demo;
let env;
let endpoint;
before(async () => {
  if (skip) return;
  folder = mkdtempSync(join(tmpdir(), "claviger-client-guide-"));
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(HERE, join(folder, "node_modules/claviger-client"), "junction");
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module", private: true }));
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("CLAVIGER_")));
  demo = spawn(BINARY, ["demo", "--json", "--listen", "127.0.0.1:0", "--dir", join(folder, "demo")], { env: clean, stdio: ["ignore", "pipe", "ignore"] });
  const lines = createInterface({ input: demo.stdout })[Symbol.asyncIterator]();
  const told = JSON.parse((await lines.next()).value);
  assert.match((await lines.next()).value, /^listening on /);
  endpoint = told.endpoint;
  env = { ...clean, CLAVIGER_API_KEY: told.keys.Editor };
});
after(() => {
  demo?.kill();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

/** The blocks of a language, with the demo's address. */
function blocks(language) {
  return [...PAGE.matchAll(new RegExp("```" + language + "\\n(.*?)```", "gs"))].map(([, text]) => text.replaceAll("http://127.0.0.1:5397", endpoint));
}

async function run(file) {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [file], { cwd: folder, env });
  assert.equal(stderr, "");
  return stdout.trim().split("\n");
}

test("the JavaScript examples print books", { skip }, async () => {
  const [plain, library, ...others] = blocks("js");
  assert.equal(others.length, 0);
  writeFileSync(join(folder, "plain.mjs"), plain);
  writeFileSync(join(folder, "library.mjs"), library);
  const [some, all] = [await run("plain.mjs"), await run("library.mjs")];
  assert.equal(some.length, 5);
  for (const line of some) assert.match(line, /^.+ \d+(\.\d+)?$/);
  assert(all.length >= 5, `${all.length} books`);
  for (const line of all) assert.match(line, /^.+ \d+(\.\d+)? A.+$/);
});

test("the typed example compiles and runs", { skip }, async () => {
  const [typed] = blocks("ts");
  writeFileSync(join(folder, "typed.ts"), typed);
  execFileSync(BINARY, ["client", "types", "--endpoint", endpoint, "--lang", "ts", "--output", "library.ts"], { cwd: folder, env });
  const options = { strict: true, target: "ES2022", module: "NodeNext", lib: ["ES2022", "DOM"], types: ["node"], typeRoots: [join(HERE, "node_modules/@types")] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: options, files: ["typed.ts", "library.ts"] }));
  try {
    execFileSync(process.execPath, [join(HERE, "node_modules/typescript/bin/tsc"), "-p", "."], { cwd: folder, encoding: "utf8" });
  } catch (error) {
    assert.fail(error.stdout);
  }
  assert.match((await run("typed.js")).join(" "), /^[^a-z]+ [A-Z].* \[\s*'.+',\s+'.+',\s+'.+'\s*\]$/);
});

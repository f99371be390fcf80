// The package as it is given away: packed, installed into an empty folder, and the README's example pasted there. Whether it can be made of a clean copy,
// and what the example does on a real server, `cargo xtask e2e typescript-package` tries.

import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { loopback, SECRET } from "./loopback.mjs";

const HERE = fileURLToPath(new URL("..", import.meta.url));
const EXAMPLE = /```ts\n(.*?)```/s.exec(readFileSync(join(HERE, "README.md"), "utf8"))[1];
const NPM = process.platform === "win32" ? "npm.cmd" : "npm";

let folder;
let packed;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "claviger-client-package-"));
  // It is built already, and other tests read that: nothing is built anew beside them.
  const [{ filename, files }] = JSON.parse(execFileSync(NPM, ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], { cwd: HERE, encoding: "utf8" }));
  packed = files.map(({ path }) => path);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module", private: true }));
  execFileSync(NPM, ["install", "--offline", "--no-audit", "--no-fund", `./${filename}`], { cwd: folder, stdio: "pipe" });
});
after(() => rmSync(folder, { recursive: true, force: true }));

test("it holds what was built, its types, and what a user reads", () => {
  const [built, others] = [packed.filter((path) => path.startsWith("dist/")), packed.filter((path) => !path.startsWith("dist/"))];
  assert.deepEqual(others.sort(), ["LICENSE-APACHE", "LICENSE-MIT", "README.md", "package.json"]);
  const sources = readdirSync(join(HERE, "src")).map((file) => file.replace(/\.ts$/, ""));
  assert.deepEqual(built.sort(), sources.flatMap((name) => [`dist/${name}.d.ts`, `dist/${name}.js`]).sort());
  const there = join(folder, "node_modules/claviger-client");
  // Sources are not in it, so nothing may point at them.
  for (const path of built) assert.doesNotMatch(readFileSync(join(there, path), "utf8"), /sourceMappingURL/, path);
  for (const { types, default: program } of Object.values(JSON.parse(readFileSync(join(there, "package.json"), "utf8")).exports)) {
    for (const path of [types, program]) assert(packed.includes(path.slice(2)), path);
  }
});

test("the README's example works when it is pasted", async () => {
  const catalog = { dataClasses: [{ name: "Book", collectionName: "BookSelection", key: [{ name: "ID" }], attributes: [{ name: "ID", type: "long" }, { name: "title", type: "string" }, { name: "price", type: "number" }] }] };
  const page = { __DATACLASS: "Book", __COUNT: 1, __FIRST: 0, __SENT: 1, __ENTITIES: [{ __KEY: "3", __STAMP: 1, title: "Atlas", price: 10.5 }] };
  const answers = [catalog, page, { __KEY: "9", __STAMP: 1, ID: 9, title: "Solaris" }, { __KEY: "9", __STAMP: 1, ID: 9 }, { ok: true }, { result: true }];
  const server = await loopback((number) => ({ headers: [["set-cookie", "4DSID_library=A1; Path=/"]], body: JSON.stringify(answers[number]) }));
  writeFileSync(join(folder, "example.mjs"), EXAMPLE);
  const env = { ...process.env, CLAVIGER_URL: server.hostname, CLAVIGER_API_KEY: SECRET };
  const { stdout } = await promisify(execFile)(process.execPath, ["example.mjs"], { cwd: folder, env });
  await server.close();
  assert.equal(stdout, "Atlas 10.5\nsaved: true as 9 with stamp 1\n");
  assert.deepEqual(
    server.asked.map(({ method, url }) => `${method} ${url.split("?")[0]}`),
    ["GET /rest/$catalog/$all", "GET /rest/Book", "POST /rest/Book", "GET /rest/Book(9)", "POST /rest/Book(9)", "GET /rest/$directory/logout"],
  );
});

test("its types are those of a strict program", () => {
  const program = `${EXAMPLE}
import { Misuse, SimpleDate, type Status } from "claviger-client";
import { lastErrors, openDatastore as tryToOpen } from "claviger-client/compat";
const typed = await openDatastore<{ Book: { title: string; price: number | null } }>({ hostname: "x" }, "alias", { lazy: true });
for await (const each of typed.Book.query("price < :1", 20)) { const title: string = each.title; const saved: Status = await each.save("merge"); console.log(title, saved.success, new SimpleDate(1991, 8, 4)); }
const maybe = await tryToOpen({ hostname: "x" });
if (maybe === null && lastErrors[0] instanceof Misuse) console.log(lastErrors[0].message);
const made = await typed.Book.get(1);
// @ts-expect-error a title is a text
if (made !== null) made.title = 7;
// @ts-expect-error the host is missing
await openDatastore({ "api-key": "x" });
`;
  check(program, { lib: ["ES2022", "DOM"], types: ["node"], typeRoots: [join(HERE, "node_modules/@types")] });
});

test("it needs nothing of Node to be typed or loaded", () => {
  check('import { openDatastore } from "claviger-client";\nawait using ds = await openDatastore({ hostname: "x" });\nconsole.log(ds.getInfo().localID);\n', { lib: ["ES2022", "DOM"], types: [] });
  for (const name of readdirSync(join(HERE, "dist")).filter((file) => file.endsWith(".js"))) {
    const text = readFileSync(join(HERE, "dist", name), "utf8");
    assert(!/from "(?!\.\/)|\bprocess\.|\bBuffer\b|\brequire\(/.test(text), name);
  }
});

/** Compiles a program as strictly as can be, declarations included. */
function check(program, more) {
  writeFileSync(join(folder, "program.mts"), program);
  const options = { strict: true, noEmit: true, target: "ES2022", module: "NodeNext", ...more };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: options, files: ["program.mts"] }));
  try {
    execFileSync(process.execPath, [join(HERE, "node_modules/typescript/bin/tsc"), "-p", "."], { cwd: folder, encoding: "utf8" });
  } catch (error) {
    assert.fail(error.stdout);
  }
}

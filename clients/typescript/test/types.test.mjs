// Files that `claviger client types --lang ts` made: `library.ts` of the suite's application, `hostile.ts` of a catalog that wants to be a program.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

const HERE = fileURLToPath(new URL("..", import.meta.url));

let folder;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "claviger-client-types-"));
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(HERE, join(folder, "node_modules/claviger-client"), "junction");
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module", private: true }));
  for (const name of ["library", "hostile"]) copyFileSync(join(HERE, `test/types/${name}.ts`), join(folder, `${name}.ts`));
});
after(() => rmSync(folder, { recursive: true, force: true }));

test("a made file is what a strict program needs", () => {
  compile(`
import { Duration, openDatastore, SimpleDate } from "claviger-client";
import type { Author, Book, BookSelection, Datastore, Model } from "./library.js";

const ds: Datastore = await openDatastore<Model>({ hostname: "x" });
for await (const book of ds.Book.query("price < :1", 20).orderBy("title")) {
  const [title, price, day, length]: [string, number | null, SimpleDate | null, Duration | null] = [book.title, book.price, book.published, book.playTime];
  const author: Author | null = (await book.author) ?? null;
  const names: string[] = author === null || (await author.books).length === 0 ? [] : await (await ds.Book.all()).title;
  console.log(title, price, day, length, author?.fullName, names, book.authorName, book.getStamp());
}
const book: Book = ds.Book.new({ title: "Solaris" });
book.published = new SimpleDate(1961, 1, 1);
book.cover = await ds.uploadImage(new Uint8Array([1]));
book.author = 7;
await book.retitle("Fiasco");
const all: BookSelection = await ds.Book.all();
await all.total(2);
await ds.Book.cheapest(3).byGet();
await ds.hello("Ines");
const authors = await all.author;
for await (const each of authors) console.log(each.fullName);
console.log(ds.Book.title.type);

// @ts-expect-error a title is a text
book.title = 7;
// @ts-expect-error a title is never null
book.title = null;
// @ts-expect-error the server computes it
book.label = "x";
// @ts-expect-error the server numbers it
book.ID = 9;
// @ts-expect-error it is no attribute
console.log(book.titel);
// @ts-expect-error it is a function of entities
await ds.Book.retitle("x");
// @ts-expect-error there is no such dataclass
console.log(ds.Boook);
`);
});

test("a hostile catalog makes a file of names only", () => {
  const emitted = compile('import type { Model } from "./hostile.js";\nimport { openDatastore } from "claviger-client";\nconst ds = await openDatastore<Model>({ hostname: "x" });\nconst all = await ds.class.all();\nfor await (const one of all) { const saved = await one.save(); console.log(saved.success, one.type, one.self, one["Société 2"], await one.fn()); }\nawait ds.close();\n');
  // Types leave nothing behind: whatever was in a name would be code only if it had left its quotes.
  assert.equal(emitted.trim(), "export {};");
});

/** Compiles a program as strictly as can be, and gives what becomes of `hostile.ts`. */
function compile(program) {
  writeFileSync(join(folder, "program.ts"), program);
  const options = { strict: true, noUncheckedIndexedAccess: true, verbatimModuleSyntax: true, target: "ES2022", module: "NodeNext", lib: ["ES2022", "ESNext.Disposable", "DOM"], types: [], outDir: "out" };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: options, files: ["program.ts", "library.ts", "hostile.ts"] }));
  try {
    execFileSync(process.execPath, [join(HERE, "node_modules/typescript/bin/tsc"), "-p", "."], { cwd: folder, encoding: "utf8" });
  } catch (error) {
    assert.fail(error.stdout);
  }
  return readFileSync(join(folder, "out/hostile.js"), "utf8").replace(/^\/\/.*$/gm, "");
}

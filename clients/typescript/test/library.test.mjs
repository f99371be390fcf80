// What the conformance suite does not see: what is special to JavaScript, and what the library must not let out.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { inspect } from "node:util";

import * as compat from "claviger-client/compat";
import { Conflict, datastore, Duration, Misuse, openDatastore, Protocol, Remote, SimpleDate, Unauthorized, Unreachable } from "claviger-client";

import { Ask, encoded, keyed } from "../dist/ask.js";
import { readConnectionInfo } from "../dist/connect.js";
import { endpointOf } from "../dist/endpoint.js";
import { filterOf } from "../dist/filter.js";
import { readJson, writeJson } from "../dist/json.js";
import { Session } from "../dist/session.js";
import { SECRET } from "./loopback.mjs";
import { book, collected, page, play, serve } from "./serving.mjs";
import { read } from "./suite.mjs";

describe("spelling", () => {
  test("whole numbers keep their digits, and nothing else changes", () => {
    const text = '{"a":9007199254740993,"b":1.2345678901234567890,"c":"12345678901234567890","d":[-9007199254740993,1e20,10],"\ue0009007199254740993":"\\uE000x"}';
    const found = readJson(text);
    assert.deepEqual([found.a, found.c, found.d], [9007199254740993n, "12345678901234567890", [-9007199254740993n, 1e20, 10]]);
    assert.equal(found["\ue0009007199254740993"], "\ue000x");
    for (let place = 0; place < 40; place += 1) {
      assert.deepEqual(readJson(`${" ".repeat(place)}[9007199254740993,12,"${"1".repeat(place)}"]`), [9007199254740993n, 12, "1".repeat(place)]);
    }
    assert.equal(writeJson({ a: 9007199254740993n, b: [undefined, "x"] }), '{"a":9007199254740993,"b":[null,"x"]}');
    assert.throws(() => readJson("01234567890123456789"), SyntaxError);
  });

  test("keys are spelled by their kind", () => {
    const found = [["Book", "12"], ["Country", "FR"], ["Country", "a/b\"'"], ["PlaylistTrack", '[1,"a b"]'], ["Odd", ""]].map((pair) => keyed(...pair));
    assert.deepEqual(found, ["Book(12)", "Country(%22FR%22)", "Country(%22a%2Fb%22%27%22)", "PlaylistTrack[1,%22a%20b%22]", "Odd(%22%22)"]);
    assert.equal(keyed("Country", "[1]", true), "Country(%22%5B1%5D%22)");
  });

  test("values cannot leave their parameter, nor names their path", () => {
    const ask = Ask.get("Book").quoted("$filter", "title = 'a&b'").params(["O'Neil & \"co\""]);
    assert.equal(ask.target(), "/rest/Book?$filter=%22title%20%3D%20%27a%26b%27%22&$params=%27%5B%22O%5Cu0027Neil%20%26%20%5C%22co%5C%22%22%5D%27");
    assert.equal(Ask.uri("/rest/Book[1]/cover?$expand=cover").target(), "/rest/Book[1]/cover?$expand=cover");
    assert.equal(Ask.uri("https://elsewhere.example/rest/Book"), undefined);
    assert.equal(Ask.uri("//elsewhere.example/rest/Book"), undefined);
    for (const path of ["%2E%2e/console", ".\t./console", "..\\console", encoded("..")]) assert(Ask.get(path).leadsElsewhere(), path);
    assert(!Ask.get("Book/a..b").leadsElsewhere());
    assert.equal(encoded("\ud800"), "%EF%BF%BD");
  });

  test("addresses follow the rules of connections", () => {
    const base = (hostname, tls, byDefault) => endpointOf(hostname, tls, byDefault).base;
    assert.equal(base("https://lib.example", false), "https://lib.example:443");
    assert.equal(base("lib.example"), "https://lib.example:443");
    assert.equal(base("lib.example", undefined, false), "http://lib.example:80");
    assert.equal(base("lib.example:443", false), "http://lib.example:443");
    assert.equal(base("[::1]:5397"), "http://[::1]:5397");
    for (const end of ["", "/", "/rest", "/rest/"]) assert.equal(base(`https://lib.example/team${end}`), "https://lib.example:443/team");
    assert.equal(base("https://lib.example/forest"), "https://lib.example:443/forest");
    for (const [hostname, tls] of [["http://lib.example", true], ["ftp://lib.example"], ["https://ines:hunter2@lib.example"], ["https://lib.example?x"], [""], ["a b:hunter2"]]) {
      assert.throws(() => base(hostname, tls), (error) => error instanceof Misuse && !inspect(error).includes("hunter2"), hostname);
    }
  });

  test("wrong connection data is refused without repeating it", () => {
    const wrong = [null, [], {}, { hostname: 7 }, { hostname: "x", "api-key": 99887766 }, { hostname: "x", tls: "yes" }, { hostname: "x", idleTimeout: -1 }, { hostname: "x", type: "SQL" },
      { hostname: "x", "api-key": "99887766\nx" }, { hostname: "x", "api-key": "99887766ü" }];
    for (const info of wrong) assert.throws(() => readConnectionInfo(info), (error) => error instanceof Misuse && !inspect(error).includes("99887766"));
  });

  test("placeholders with names become numbers, and quoted text stays", () => {
    const settings = { parameters: { who: "Ines@" }, attributes: { att: "author.fullName" } };
    const filter = filterOf("price < :1 and :att = :who and title = ':who' and :att # 'x'", [20], settings);
    assert.deepEqual(filter, { text: "price < :1 and :2 = :3 and title = ':who' and :2 # 'x'", params: [20, "author.fullName", "Ines@"] });
    assert.throws(() => filterOf("Eval (1 = 1)", [], { allowFormulas: false }), { number: 1278 });
    assert.throws(() => filterOf("a = :toString", [], {}), { number: 1279 });
    assert(filterOf("medieval (1) and evaluation = 1", [], { allowFormulas: false }));
  });

  test("two first requests have one session, and the last holder lets a lock go", () => {
    const session = new Session();
    const [first, second] = [session.sent(), session.sent()];
    assert.equal(session.receive(["S=A1; Path=/"], first), "same");
    assert.equal(session.receive(["S=B2; Path=/"], second), "elsewhere");
    session.hold("Book", "1");
    session.hold("Book", "1");
    assert.deepEqual([1, 1, 1].map((generation) => session.letGo("Book", "1", generation)), [false, true, false]);
    session.hold("Book", "2");
    assert.deepEqual(session.receive(["S=; Max-Age=0"], session.sent()), { lost: [["Book", "2"]] });
    assert(!session.exists());
  });
});

describe("values", () => {
  test("days are days everywhere", () => {
    assert.equal(String(new SimpleDate(1991, 8, 4)), "1991-08-04");
    assert.equal(JSON.stringify({ on: SimpleDate.from("0033-04-03"), long: new Duration(5) }), '{"on":"0033-04-03","long":5}');
    assert(SimpleDate.from("1991-08-04").compare(SimpleDate.from("1991-08-05")) < 0 && new Duration(5) < new Duration(6));
    for (const text of ["1991-02-29", "1991-13-01", "1991-8-4", "2100-02-29"]) assert.throws(() => SimpleDate.from(text), RangeError, text);
    assert(SimpleDate.from("2000-02-29"));
  });

  test("what JSON does not have is refused rather than lost", async () => {
    const { ds } = await serve();
    const made = ds.Book.new();
    for (const value of [NaN, Infinity, new Date(NaN), () => 1, Symbol("x"), { deep: [NaN] }]) {
      assert.throws(() => { made.details = value; }, Misuse);
    }
    assert.deepEqual(made.touchedAttributes(), []);
  });

  test("objects that were read are copies: changing one changes nothing that is not assigned", async () => {
    const { ds } = await serve(() => page(1, book(1, 1, { details: { tags: ["a"] } })));
    const all = await ds.Book.all();
    const first = await all.at(0);
    first.details.tags.push("b");
    first.toObject().details.tags.push("c");
    (await all.toCollection())[0].details.tags.push("d");
    (await all.rows())[0].values.get("details").tags.push("e");
    assert.deepEqual((await all.at(0)).details, { tags: ["a"] });
    const details = first.details;
    details.tags.push("f");
    first.details = details;
    details.tags.push("g");
    assert.deepEqual(first.details, { tags: ["a", "f"] });
  });

  test("large numbers in an entity do not break JSON", async () => {
    const { ds } = await serve(() => book(1, 1, { details: { deep: [9007199254740993n] }, price: 9007199254740993n }));
    const found = await ds.Book.get(1);
    assert.equal(found.price, 9007199254740993n);
    assert.equal(JSON.parse(JSON.stringify(found)).price, "9007199254740993");
    assert.deepEqual(JSON.parse(JSON.stringify(found)).details, { deep: ["9007199254740993"] });
  });

  test("bytes that are assigned are uploaded when they are saved, and again when saving has failed", async () => {
    let uploads = 0;
    const { ds, server } = await serve((asked) => {
      if (asked.url.startsWith("/rest/$upload")) return { ID: `U${(uploads += 1)}` };
      return uploads === 1 ? { status: 500, body: writeJson({ __ERROR: [{ errCode: 1200, message: "disk" }] }) } : book(7);
    });
    const made = ds.Book.new({ title: "x" });
    made.cover = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 1, 2]);
    assert.deepEqual(await made.bytes("cover"), new Uint8Array([0x89, 0x50, 0x4e, 0x47, 1, 2]));
    await assert.rejects(made.save(), Remote);
    assert.equal((await made.save()).success, true);
    const uploaded = server.asked.filter(({ url }) => url.startsWith("/rest/$upload"));
    assert.deepEqual(uploaded.map(({ url, headers }) => [url, headers["content-type"]]), [["/rest/$upload?$rawPict=true", "image/png"], ["/rest/$upload?$rawPict=true", "image/png"]]);
    assert.deepEqual(JSON.parse(server.asked.at(-1).body), { title: "x", cover: { ID: "U2" } });
    made.cover = new Uint8Array([1, 2, 3]);
    await assert.rejects(made.save(), Misuse);
  });
});

describe("entities", () => {
  test("what is assigned while saving is saved next, and two saves make one entity", async () => {
    const { ds, server } = await serve((asked) => book(7, server.asked.length));
    const made = ds.Book.new();
    made.title = "first";
    const saving = made.save();
    await Promise.resolve();
    const again = made.save();
    made.price = 5;
    await saving;
    assert.equal((await again).success, true);
    await made.save();
    const bodies = server.asked.filter(({ method }) => method === "POST").map(({ body }) => JSON.parse(body));
    assert.equal(bodies.filter((body) => body.__KEY === undefined).length, 1);
    assert(bodies.some((body) => body.price === 5), JSON.stringify(bodies));
    assert.deepEqual(made.touchedAttributes(), []);
  });

  test("attributes that are called like members are reached by name", async () => {
    const catalog = structuredClone(read("recorded/catalog.json"));
    catalog.dataClasses[0].attributes.push({ name: "lock", kind: "storage", type: "long" }, { name: "then", kind: "storage", type: "string" }, { name: "name", kind: "storage", type: "string" });
    const { ds } = await serve(() => book(1, 1, { lock: 3, then: "later", name: "n" }), { catalog: JSON.stringify(catalog) });
    const found = await ds.Book.get(1);
    assert.equal(typeof found.lock, "function");
    assert.throws(() => { found.lock = 4; }, Misuse);
    found.set("lock", 4);
    assert.deepEqual([found.get("lock"), found.get("then"), found.then, found.name, ds.Book.name.type], [4, "later", undefined, "n", "string"]);
    assert.deepEqual(Object.keys(found), ["ID", "title", "name"]);
    assert("title" in found && !("price" in found));
    assert.throws(() => { found.nonsense = 1; }, { name: "NotFound", kind: "attribute" });
    assert.throws(() => { ds.Book = 1; }, Misuse);
    assert.deepEqual(Object.keys(ds), ["Book", "Author"]);
    assert.equal(ds.Book, ds.Book);
    assert.equal(ds.nonsense, undefined);
  });

  test("neighbours are found in the selection, and gaps passed over", async () => {
    const { ds } = await serve(() => page(3, book(1), { __STAMP: 0 }, book(3)));
    const first = await (await ds.Book.all()).first();
    const last = await first.next();
    assert.deepEqual([last.getKey(), (await last.previous()).getKey(), await last.next(), await last.indexOf()], ["3", "1", null, 2]);
    assert.equal((await first.last()).getKey(), "3");
    assert.equal(await first.indexOf(last.getSelection()), 0);
    const copy = first.clone();
    copy.title = "Other";
    assert.deepEqual(first.diff(copy), [{ attributeName: "title", value: "Book 1", otherValue: "Other" }]);
    assert.equal(first.touched(), false);
  });

  test("a lock that nobody holds is given back, once its last holder is gone", async () => {
    const { ds, server } = await serve((asked) => (asked.url.includes("$lock") ? { result: true, __STATUS: { success: true } } : book(1)));
    const held = await ds.Book.get(1);
    await held.lock();
    await (async () => {
      const other = await ds.Book.get(1);
      await other.lock();
    })();
    const unlocks = () => server.asked.filter(({ url }) => url.includes("$lock=false")).length;
    await held.unlock();
    await collected(() => unlocks() === 1);
    await ds.flush();
    assert.equal(unlocks(), 1);
  });

  test("a transaction and a saving of one new entity make one", async () => {
    const { ds, server } = await serve((asked) => (asked.url.includes("$atomic") ? { __ENTITIES: JSON.parse(asked.body).map((_body, at) => book(7 + at)) } : book(9)));
    const [one, two] = [ds.Book.new({ title: "1" }), ds.Book.new({ title: "2" })];
    await Promise.all([ds.transaction((tx) => { tx.save(two); tx.save(one); tx.save(two); }), one.save(), ds.transaction((tx) => { tx.save(one); tx.save(two); })]);
    const made = server.asked.filter(({ method }) => method === "POST").flatMap(({ body }) => JSON.parse(body));
    assert.deepEqual(made.sort((a, b) => a.title - b.title), [{ title: "1" }, { title: "2" }]);
    assert.deepEqual([one.touched(), two.touched(), one.isNew(), two.isNew()], [false, false, false, false]);
  });

  test("a transaction that meets somebody else throws, with the entity as it is stored", async () => {
    const conflict = { __STATUS: { success: false, status: 2, statusText: "Stamp has changed" }, ...book(1, 4), __ERROR: [{ errCode: 1263, message: "changed" }] };
    const { ds } = await serve((asked) => (asked.method === "GET" ? book(1, 3) : { __ENTITIES: [conflict] }));
    const found = await ds.Book.get(1);
    found.title = "Mine";
    await assert.rejects(ds.transaction((tx) => tx.save(found)), (error) => error instanceof Conflict && error.status === 2 && error.entity.stamp === 4);
    assert.deepEqual(found.touchedAttributes(), ["title"]);
  });
});

describe("selections", () => {
  const set = { __ENTITYSET: "/rest/Book/$entityset/9A1C0D7E5B2F4836A7C4E0F1D2B39586" };

  test("iterating reads one page ahead and stops when asked to", async () => {
    const { ds, server } = await serve((asked) => ({ ...page(8, book(1), book(2)), ...(asked.url.includes("entityset") ? set : {}) }), { pageSize: 2 });
    const all = await ds.Book.all();
    for await (const each of all) {
      if (each.getKey() === "2") break;
    }
    // The page that was read ahead is at hand.
    await all.at(3);
    assert.equal(server.asked.filter(({ url }) => url.startsWith("/rest/Book")).length, 2);
  });

  test("a selection that nobody holds gives its set back", async () => {
    const { ds, server } = await serve((asked) => ({ ...page(4, book(1), book(2)), ...set }), { pageSize: 2 });
    await (async () => {
      const all = await ds.Book.all();
      await all.at(3);
    })();
    await collected(() => server.asked.some(({ url }) => url.includes("$release")));
    assert.deepEqual(JSON.parse(server.asked.find(({ url }) => url.includes("$release")).body), ["9A1C0D7E5B2F4836A7C4E0F1D2B39586"]);
  });

  test("disposing gives back", async () => {
    const { ds, server } = await serve(() => ({ ...page(4, book(1), book(2)), ...set }), { pageSize: 2 });
    const all = await ds.Book.all();
    await all.at(3);
    await all[Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]();
    assert(server.asked.at(-1).url.includes("$release"));
  });
});

describe("selections of entities whose keys are texts", () => {
  const attribute = (name, type, more = {}) => ({ name, type, kind: "storage", ...more });
  const catalog = writeJson({
    dataClasses: [
      { name: "User", collectionName: "UserSelection", key: [{ name: "email" }], attributes: [attribute("email", "string"), attribute("name", "string"),
        attribute("notes", "NoteSelection", { kind: "relatedEntities", inverseName: "user", path: "user" })] },
      { name: "Note", collectionName: "NoteSelection", key: [{ name: "ID" }], attributes: [attribute("ID", "long"),
        attribute("user", "User", { kind: "relatedEntity", inverseName: "notes", path: "user" })] },
    ],
  });
  const SHORT = "bob@example.org";
  const LONG = "bob.smith@example.org";
  const CAPITALS = "BOB@example.org";
  const refused = (error) => error instanceof Misuse && error.message.startsWith("The server cannot tell the keys of this selection from others: ");

  /** Compares as the dialect does: without case, and with wildcards. */
  const fits = (key, value) => new RegExp(`^${value.split(/[@*]/).map((part) => part.replaceAll(".", "\\.")).join(".*")}$`, "iu").test(key);

  /** Users with these keys, each with one note, and the sets that were made of them. */
  async function users(keys, options = {}, locked = []) {
    const stored = new Map(keys.map((key) => [key, { __KEY: key, __STAMP: 1, email: key, name: `Name of ${key}` }]));
    const notes = keys.map((key, at) => ({ __KEY: String(at + 1), __STAMP: 1, ID: at + 1, user: { __deferred: { __KEY: key } } }));
    const sets = new Map();
    const answer = ({ method, url, body }) => {
      const { pathname, searchParams } = new URL(url, "http://x");
      const [, , name, , id] = pathname.split("/").map(decodeURIComponent);
      if (name === "$entityset") {
        for (const gone of JSON.parse(body)) sets.delete(gone);
        return { ok: true };
      }
      const key = /^User\("(.*)"\)$/.exec(name)?.[1];
      if (key !== undefined) {
        if (!stored.has(key)) return { status: 404, body: writeJson({ __ERROR: [{ errCode: 1543, message: "none" }] }) };
        if (method === "GET") return stored.get(key);
        if (locked.includes(key)) return { status: 500, body: writeJson({ __STATUS: { success: false, status: 3 }, __ERROR: [{ errCode: 1, message: "locked" }] }) };
        stored.delete(key);
        return { ok: true };
      }
      const pool = name === "Note" ? notes : [...stored.values()];
      const isIn = (set) => (each) => sets.get(set).includes(each.__KEY);
      const text = searchParams.get("$filter") ?? "";
      const wanted = searchParams.has("$params") ? readJson(searchParams.get("$params").slice(1, -1)).flat() : [];
      const compared = { "": () => "", '"email in :1"': (each) => each.email, '"email = :1"': (each) => each.email, '"user.email in :1"': (each) => each.user.__deferred.__KEY, '"ID in :1"': (each) => each.__KEY }[text];
      let found = pool.filter((each) => (id === undefined || isIn(id)(each)) && (text === "" || wanted.some((value) => fits(compared(each), String(value)))));
      if (searchParams.has("$logicOperator")) found = pool.filter((each) => isIn(id)(each) || isIn(searchParams.get("$otherCollection"))(each));
      if (searchParams.get("$method") === "delete") {
        for (const user of found) stored.delete(user.__KEY);
        return { ok: true };
      }
      const skip = Number(searchParams.get("$skip") ?? 0);
      const answered = { ...page(found.length, ...found.slice(skip, skip + Number(searchParams.get("$top") ?? 100))), __DATACLASS: name };
      if (searchParams.get("$method") !== "entityset") return answered;
      const set = `5E7${sets.size}`;
      sets.set(set, found.map((each) => each.__KEY));
      return { ...answered, __ENTITYSET: `/rest/${name}/$entityset/${set}` };
    };
    return { ...(await serve(answer, { catalog, ...options })), stored, sets };
  }

  const keysOf = async (selection) => (await selection.toArray()).map((user) => user.getKey());

  test("dropping them deletes no other", async () => {
    const { ds, stored } = await users([SHORT, LONG, CAPITALS, "ann@example.org"]);
    const left = await (await (await ds.User.all()).slice(0, 1)).drop();
    assert.deepEqual([left.length, [...stored.keys()]], [0, [LONG, CAPITALS, "ann@example.org"]]);
  });

  test("one that looks like several parts is one", async () => {
    const { ds, server, stored } = await users(["[1]", "1"]);
    const user = await ds.User.get("[1]");
    assert.equal((await user.drop("force")).success, true);
    assert.deepEqual([user.getKey(), [...stored.keys()]], ["[1]", ["1"]]);
    assert(server.asked.every(({ url }) => !url.startsWith("/rest/User[")));
  });

  test("dropping them gives what is left, and why when all is", async () => {
    const { ds, stored } = await users([SHORT, LONG, "ann@example.org"], {}, [SHORT]);
    const both = await (await ds.User.all()).slice(0, 2);
    stored.delete(LONG);
    assert.deepEqual(await keysOf(await both.drop()), [SHORT]);
    const last = await (await ds.User.all()).slice();
    const left = await last.drop();
    assert.deepEqual([await keysOf(left), [...stored.keys()]], [[SHORT], [SHORT]]);
    await assert.rejects(left.drop(), { name: "Conflict", status: 3 });
  });

  test("a set of them is refused when it has others, and given back", async () => {
    const { ds, server, stored, sets } = await users([SHORT, LONG, "ann@example.org"]);
    const [bob, both, ann] = await Promise.all([[0, 1], [0, 2], [2, 3]].map(async (part) => (await ds.User.all()).slice(...part)));
    await assert.rejects(async () => bob.query("email = :1", "@"), refused);
    await assert.rejects(bob.minus(ann), refused);
    await assert.rejects(bob.count("name"), refused);
    await ds.flush();
    assert.deepEqual([[...stored.keys()].length, sets.size, server.asked.some(({ url }) => url.includes("$method=delete"))], [3, 0, false]);
    // Here the others are wanted too.
    assert.deepEqual(await keysOf(await both.query("email = :1", "@")), [SHORT, LONG]);
    await both.drop();
    assert.deepEqual([...stored.keys()], ["ann@example.org"]);
  });

  test("a set of very many is refused when one part has others", async () => {
    const many = Array.from({ length: 150 }, (_, at) => `user${at}x`);
    const { ds, stored, sets } = await users([...many, "USER140X"], { pageSize: 200 });
    const some = await (await ds.User.all()).slice(0, 150);
    await assert.rejects(async () => some.query("email = :1", "@"), refused);
    stored.delete("USER140X");
    assert.equal((await some.query("email = :1", "@")).length, 150);
    await some.close();
    assert(sets.size > 0);
  });

  test("their values are read by their keys, also of one that others crowd out", async () => {
    const { ds, server } = await users([LONG, CAPITALS, SHORT, "ann@example.org"]);
    const some = await (await ds.User.all()).slice(2, 3);
    assert.deepEqual(await some.extract("name"), [`Name of ${SHORT}`]);
    assert.deepEqual((await some.toCollection("name")).map(({ name }) => name), [`Name of ${SHORT}`]);
    assert(server.asked.at(-1).url.startsWith("/rest/User(%22bob%40example.org%22)?"));
  });

  test("what notes are related to is who wrote them, and nobody else", async () => {
    const { ds } = await users([LONG, CAPITALS, SHORT, "ann@example.org"]);
    const some = await (await ds.Note.all()).slice(2, 4);
    const found = await some.related("user");
    assert.deepEqual([found.length, await keysOf(found)], [2, [SHORT, "ann@example.org"]]);
  });

  test("what belongs to them is refused when others have the same", async () => {
    const { ds } = await users([SHORT, LONG, "ann@example.org"]);
    const all = await ds.User.all();
    const [bob, both] = [await all.slice(0, 1), await all.slice(0, 2)];
    await assert.rejects(bob.related("notes"), refused);
    assert.deepEqual(await keysOf(await both.related("notes")), ["1", "2"]);
  });

  test("a large selection contains a key only as it is written", async () => {
    const { ds } = await users([LONG, CAPITALS, "ann@example.org", "eve@example.org"], { pageSize: 2 });
    const all = await ds.User.all();
    assert.deepEqual([await all.contains(SHORT), await all.contains(CAPITALS), await all.contains("eve@example.org")], [false, true, true]);
  });
});

describe("connections", () => {
  test("an alias that two open at once has one connection, and the other is closed", async () => {
    const { server } = await serve(() => ({ result: true }), { cookies: true });
    const info = { hostname: server.hostname, "api-key": SECRET };
    const [one, two] = await Promise.all([openDatastore(info, "both"), openDatastore(info, "both")]);
    assert.equal(one, two);
    assert.equal(datastore("both"), one);
    assert.deepEqual(server.asked.filter(({ url }) => url === "/rest/$directory/logout").map(({ headers }) => headers.cookie), ["S=2"]);
    const warned = await openDatastore({ ...info, "api-key": "claviger_other" }, "both", { warn: () => {} });
    assert.equal(warned, one);
    assert.equal(one.warnings().length, 1);
    const other = await openDatastore(info, "both", { replace: true });
    assert.notEqual(other, one);
    await assert.rejects(one.Book.getCount(), Misuse);
    await other.close();
    assert.equal(datastore("both"), null);
  });

  test("a datastore that was opened lazily learns what it needs when it is used", async () => {
    const { ds, server } = await serve((asked) => (asked.method === "POST" ? { result: 7 } : page(1, book(1))), { lazy: true });
    assert.equal(server.asked.length, 0);
    assert.equal(await ds.Book.stats(1), 7);
    for await (const each of ds.Book.query("ID = :1", 1)) assert.equal(each.author, undefined);
    await assert.rejects(async () => ds.Nonsense.all(), { name: "TypeError" });
    await assert.rejects(async () => ds.dataclass("Nonsense"), { name: "NotFound", kind: "dataclass" });
    assert.deepEqual(server.asked.map(({ url }) => url.split("?")[0]), ["/rest/$catalog/$all", "/rest/Book/stats", "/rest/Book"]);
  });

  test("a session that nobody uses any more is ended", async () => {
    const { server } = await serve(() => ({ result: true }), { cookies: true });
    const outs = () => server.asked.filter(({ url }) => url === "/rest/$directory/logout").length;
    await collected(() => outs() === 1);
  });

  test("compat gives null and keeps why", async () => {
    const server = await play(() => ({ status: 401, body: '{"error":"Api-key Not Valid"}' }));
    const { host } = new URL(server.hostname);
    assert.equal(await compat.openDatastore({ hostname: host, "api-key": SECRET }), null);
    assert(compat.lastErrors[0] instanceof Unauthorized);
    assert.equal(await compat.openDatastore({ hostname: "127.0.0.1:1" }, "x", { retries: 0 }), null);
    assert.equal(compat.lastErrors[0].number, 1610);
    assert.notEqual(await compat.openDatastore({ hostname: host }, "x", { lazy: true }), null);
    assert.deepEqual(compat.lastErrors, []);
    await datastore("x").close();
  });

  test("a user logs in first, once, and the password is shown nowhere", async () => {
    const { ds, server } = await serve(() => ({ result: true, ...page(0) }), {}, { "api-key": null, user: "inês", password: "hunter2 ü" });
    await ds.Book.getCount();
    assert.deepEqual(server.asked.map(({ url }) => url.split("?")[0]), ["/rest/$directory/login", "/rest/$catalog/$all", "/rest/Book"]);
    const { headers } = server.asked[0];
    assert.equal(Buffer.from(headers["password-4d"], "latin1").toString(), "hunter2 ü");
    assert.deepEqual([headers["session-4d-length"], server.asked[2].headers["password-4d"]], ["60", undefined]);
    assert.equal(ds.getInfo().connection.user, "inês");
    assert(!(inspect(ds, { depth: 20, showHidden: true, showProxy: true }) + JSON.stringify(ds)).includes("hunter2"));
  });

  test("a server that repeats the secret does not make the library do so", async () => {
    const { ds } = await serve((asked) => (asked.method === "GET" ? { status: 500, body: writeJson({ __ERROR: [{ errCode: 1, message: `key ${asked.headers["api-key"]}` }] }) } : { body: `<p>${SECRET}</p>` }));
    await ds.startRequestLog({ bodies: true });
    for (const failing of [ds.Book.get(1), ds.Book.get(SECRET), ds.Book.fromCollection([{}])]) {
      await assert.rejects(failing, (error) => !inspect(error, { showHidden: true }).includes(SECRET));
    }
    assert(!JSON.stringify(ds.getRequestLog()).includes(SECRET));
    for (const shown of [ds, ds.Book, ds.Book.new(), ds.Book.all(), ds.call("x").catch(() => {})]) {
      assert(!inspect(shown, { depth: 20, showHidden: true, showProxy: true }).includes(SECRET));
    }
  });

  test("redirects are not followed, and too long answers not read", async () => {
    const { ds, server } = await serve((asked) => (asked.url.includes("(1)") ? { status: 307, headers: [["location", "/rest/Book(2)"]], body: "" } : { body: " ".repeat(5000) }), { largestAnswer: 4000 });
    await assert.rejects(ds.Book.get(1), Protocol);
    await assert.rejects(ds.Book.get(3), { name: "Protocol", excerpt: "more than 4000 bytes" });
    assert.equal(server.asked.length, 3);
  });

  test("without a session no cookie is kept", async () => {
    const { ds, server } = await serve(() => ({ headers: [["set-cookie", "S=1"]], body: writeJson(page(0)) }), { session: false });
    await ds.Book.getCount();
    await ds.Book.getCount();
    assert(server.asked.every(({ headers }) => headers["nosession-4d"] === "true" && headers.cookie === undefined));
  });

  test("a key in a browser page is warned about", async () => {
    const { server } = await serve();
    const said = [];
    Object.assign(globalThis, { window: {}, document: {} });
    try {
      const ds = await openDatastore({ hostname: server.hostname, "api-key": SECRET }, "", { warn: (text) => said.push(text) });
      assert.deepEqual([said.length, ds.warnings().length, said[0].includes("browser page")], [1, 1, true]);
      await openDatastore({ hostname: server.hostname }, "", { warn: (text) => said.push(text) });
      assert.equal(said.length, 1);
    } finally {
      delete globalThis.window;
      delete globalThis.document;
    }
  });

  test("the log has the clock's times, keeps the newest, and goes to a file", async () => {
    let now = 0;
    const { ds } = await serve(() => page(0), { clock: () => new Date((now += 10)) });
    await ds.startRequestLog(2);
    for (let turn = 0; turn < 3; turn += 1) await ds.Book.getCount();
    const log = ds.getRequestLog();
    assert.deepEqual(log.map(({ sequenceNumber, duration }) => [sequenceNumber, duration]), [[3, 10], [2, 10]]);
    assert.equal(log[0].response.body, undefined);
    const folder = mkdtempSync(join(tmpdir(), "claviger-client-log-"));
    try {
      await ds.startRequestLog(join(folder, "log"));
      await ds.Book.getCount();
      assert.deepEqual(ds.getRequestLog(), []);
      const [line, end] = readFileSync(join(folder, "log"), "utf8").split("\n");
      assert.deepEqual([JSON.parse(line).method, end], ["GET", ""]);
      await assert.rejects(ds.startRequestLog(join(folder, "none", "log")), Misuse);
    } finally {
      rmSync(folder, { recursive: true });
    }
    ds.stopRequestLog();
    assert.deepEqual(ds.getRequestLog(), []);
  });

  test("a call is sent when nobody waits for it, and a POST once", async () => {
    const { ds, server } = await serve(() => "hangUp");
    const call = ds.call("stats", new SimpleDate(1991, 8, 4), new Duration(5), new Date(0));
    await assert.rejects(call, Unreachable);
    assert.deepEqual(server.asked.slice(1).map(({ url, body }) => [url, body]), [["/rest/$catalog/stats", '["1991-08-04",5,"1970-01-01T00:00:00.000Z"]']]);
  });
});

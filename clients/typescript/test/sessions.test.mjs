// Sessions, their locks and their end.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { inspect } from "node:util";

import { datastore, Misuse, openDatastore, SessionLost, Unauthorized, Unreachable, Validation } from "claviger-client";

import { readConnectionInfo } from "../dist/connect.js";
import { writeJson } from "../dist/json.js";
import { SECRET } from "./loopback.mjs";
import { book, collected, page, play, serve } from "./serving.mjs";
import { read } from "./suite.mjs";

const CATALOG = read("recorded/catalog.json");
const granted = { result: true, __STATUS: { success: true } };
const set = { __ENTITYSET: "/rest/Book/$entityset/9A1C0D7E5B2F4836A7C4E0F1D2B39586" };

/** A server whose session is replaced by the next request after `end()`; `answer` gives JSON, or a status and JSON. */
async function mortal(answer, options = {}) {
  let number = 1;
  let isOver = false;
  const server = await play(async (_number, asked) => {
    if (isOver || asked.headers.cookie === undefined) number += 1;
    isOver = false;
    const given = asked.url.startsWith("/rest/$catalog/$all") ? CATALOG : (answer(asked) ?? (asked.url.includes("$lock") ? granted : book(1, 3)));
    const [status, json] = Array.isArray(given) ? given : [200, given];
    return { status, headers: [["set-cookie", `S=${number}`]], body: writeJson(json) };
  });
  const ds = await openDatastore({ hostname: server.hostname, "api-key": SECRET }, undefined, { retryDelay: 0, warn: () => {}, ...options });
  const held = await ds.Book.get(1);
  assert.equal((await held.lock()).success, true);
  const end = () => {
    isOver = true;
  };
  return { ds, server, held, end };
}

const lost = (more) => (error) => {
  assert(error instanceof SessionLost, inspect(error));
  assert.deepEqual({ locks: error.locks, executed: error.executed, result: error.result, cause: error.cause?.name }, { locks: [["Book", "1"]], executed: false, result: undefined, cause: undefined, ...more });
  return true;
};

describe("a session that was lost with a lock", () => {
  test("a save is executed once, and the entity has what was saved", async () => {
    const { ds, server, end } = await mortal((asked) => (asked.method === "POST" ? book(9, 1) : undefined));
    const made = ds.Book.new({ title: "Solaris" });
    end();
    await assert.rejects(made.save(), lost({ executed: true, result: { success: true } }));
    assert.deepEqual([made.getKey(), made.touched(), (await made.save()).success], ["9", false, true]);
    assert.equal(server.asked.filter(({ method }) => method === "POST").length, 1);
  });

  test("a save that was refused is not executed again", async () => {
    const conflict = { __STATUS: { success: false, status: 2, statusText: "Stamp has changed" }, __ERROR: [{ errCode: 1263, message: "changed" }], ...book(1, 4) };
    const { held, server, end } = await mortal((asked) => (asked.method === "POST" ? conflict : undefined));
    held.title = "Mine";
    end();
    await assert.rejects(held.save("merge"), (error) => error.executed && error.result.status === 2);
    assert.equal(server.asked.filter(({ method }) => method === "POST").length, 1);
    assert.deepEqual(held.touchedAttributes(), ["title"]);
  });

  test("what would have been thrown is the cause", async () => {
    const { held, end } = await mortal((asked) => (asked.method === "POST" ? [500, { __ERROR: [{ errCode: 1517, message: '"title" is wrong' }] }] : undefined));
    held.title = "";
    end();
    await assert.rejects(held.save(), (error) => lost({ executed: true, cause: "Validation" })(error) && error.cause instanceof Validation);
  });

  test("a function's result is not lost, nor called again", async () => {
    const { ds, server, end } = await mortal((asked) => (asked.url.includes("transfer") ? { result: 7 } : undefined));
    end();
    await assert.rejects(async () => ds.call("transfer", 1), lost({ executed: true, result: 7 }));
    assert.equal(server.asked.filter(({ url }) => url.includes("transfer")).length, 1);
    assert.equal(await ds.call("transfer", 2), 7);
  });

  test("deleting, many and together", async () => {
    const { ds, held, end } = await mortal(({ method, body, url }) => (method !== "POST" ? undefined : url.includes("delete") ? { ok: true } : { __ENTITIES: JSON.parse(body).map((_one, at) => book(7 + at)) }));
    end();
    await assert.rejects(ds.Book.fromCollection([{ title: "1" }, { title: "2" }]), lost({ executed: true, result: [{ success: true }, { success: true }] }));
    await held.lock();
    const made = ds.Book.new({ title: "1" });
    end();
    await assert.rejects(ds.transaction((tx) => tx.save(made)), lost({ executed: true, result: [{ success: true }] }));
    assert.equal(made.getKey(), "7");
    await held.lock();
    end();
    await assert.rejects(held.drop("force"), lost({ executed: true, result: { success: true } }));
  });

  test("a selection is dropped once, and what is left is told", async () => {
    const { ds, server, end } = await mortal(({ method, url }) => (method === "POST" ? { ok: true } : url.includes("$clean") ? { ...page(1, book(2)), ...set } : url.startsWith("/rest/Book?") ? { ...page(2, book(1), book(2)), ...set } : undefined));
    const all = await ds.Book.all();
    end();
    await assert.rejects(all.drop(), (error) => error instanceof SessionLost && error.executed && error.result.length === 1);
    assert.equal(server.asked.filter(({ url }) => url.includes("$method=delete")).length, 1);
  });

  test("an upload before a save is not that save", async () => {
    const { held, server, end } = await mortal((asked) => (asked.url.includes("$upload") ? { ID: "U" } : undefined));
    held.cover = new Uint8Array([0xff, 0xd8, 0xff, 0xe0]);
    end();
    await assert.rejects(held.save(), lost({}));
    assert(!server.asked.some(({ url }) => url.includes("$method=update")));
    assert.deepEqual(held.touchedAttributes(), ["cover"]);
  });

  test("a lock that the new session got by it is given back, unless somebody has taken it since", async () => {
    const { ds, held, server, end } = await mortal((asked) => (asked.url.startsWith("/rest/Book(2)") && !asked.url.includes("$lock") ? book(2, 3) : undefined));
    const other = await ds.Book.get(2);
    end();
    await assert.rejects(other.lock(), lost({}));
    await ds.flush();
    assert.equal(server.asked.at(-1).url, "/rest/Book(2)?$lock=false");
    await held.lock();
    end();
    const [first, second] = await Promise.allSettled([other.lock(), other.lock()]);
    lost({})(first.reason);
    await ds.flush();
    assert.equal(second.value.success, true);
    const locks = server.asked.map(({ url }) => url).filter((url) => url.includes("Book(2)?$lock"));
    assert(!locks.slice(locks.lastIndexOf("/rest/Book(2)?$lock=true")).includes("/rest/Book(2)?$lock=false"));
  });

  test("what is found out beside is told to the next call, before it is sent", async () => {
    const { ds, server, end } = await mortal(({ method, url }) => (method === "POST" ? { ok: true } : url.startsWith("/rest/Book?") || url.includes("entityset") ? { ...page(2, book(1), book(2)), ...set } : undefined), { pageSize: 1 });
    const all = await ds.Book.all();
    await all.at(1);
    end();
    await all.close();
    const { length } = server.asked;
    await assert.rejects(ds.call("transfer"), lost({}));
    assert.equal(server.asked.length, length);
    await ds.Book.getCount();
  });

  test("a page that was read ahead tells whoever goes on, and who does not go on is told by the next call", async () => {
    for (const goesOn of [true, false]) {
      const { ds, end } = await mortal(({ url }) => (url.includes("Book?") || url.includes("entityset") ? { ...page(8, book(1), book(2)), ...set } : undefined), { pageSize: 2 });
      const all = await ds.Book.all();
      const gone = (async () => {
        for await (const each of all) {
          if (each.getKey() === "1") end();
          else if (!goesOn) break;
        }
        await all.at(2);
      })();
      await assert.rejects(gone, lost({}), String(goesOn));
    }
  });

  test("whoever closes is not told", async () => {
    const { ds, end } = await mortal(() => undefined);
    end();
    await ds.close();
  });
});

describe("locks", () => {
  test("the end of a lock that nobody holds does not overtake a newer lock of the same entity", async () => {
    let open;
    const gate = new Promise((done) => {
      open = done;
    });
    const { ds, server } = await serve(async (asked) => {
      if (asked.url.includes("$release")) await gate;
      if (asked.url.includes("$release") || asked.url.includes("$lock")) return granted;
      return asked.url.includes("Book(") ? book(1) : { ...page(2, book(1), book(2)), ...set };
    }, { pageSize: 1 });
    const all = await ds.Book.all();
    await all.at(1);
    // What is given back waits for the one before.
    const released = all.close();
    let isGone = false;
    const registry = new FinalizationRegistry(() => {
      isGone = true;
    });
    await (async () => {
      const forgotten = await ds.Book.get(1);
      await forgotten.lock();
      registry.register(forgotten, undefined);
    })();
    await collected(() => isGone);
    const held = await ds.Book.get(1);
    await held.lock();
    open();
    await released;
    await ds.flush();
    const unlocks = () => server.asked.filter(({ url }) => url.includes("$lock=false")).length;
    assert.equal(unlocks(), 0);
    await held.unlock();
    assert.equal(unlocks(), 1);
  });

  test("unlocking and locking of two objects at once keep their order", async () => {
    let open;
    const gate = new Promise((done) => {
      open = done;
    });
    const { ds, server } = await serve(async (asked) => {
      if (asked.url.includes("$lock=false")) await gate;
      return asked.url.includes("$lock") ? granted : book(1);
    });
    const [one, two] = [await ds.Book.get(1), await ds.Book.get(1)];
    await one.lock();
    const both = Promise.all([one.unlock(), two.lock()]);
    await new Promise((done) => setImmediate(done));
    open();
    await both;
    assert.equal(server.asked.filter(({ url }) => url.includes("$lock")).at(-1).url, "/rest/Book(1)?$lock=true");
  });

  test("only what says so is a lock of somebody else", async () => {
    let message = "";
    const { ds } = await serve((asked) => (asked.method === "POST" ? { status: 500, body: writeJson({ __ERROR: [{ errCode: 1500, message }] }) } : book(1)));
    const found = await ds.Book.get(1);
    for (message of ["The block of flats needs it", "An o'clock rule", "Locksmiths stay"]) {
      await assert.rejects(found.drop(), { name: "Validation" }, message);
    }
    message = "Book 1 is locked by somebody else";
    assert.equal((await found.drop()).status, 3);
  });
});

describe("what must not be shown", () => {
  test("a secret that is a word of the data changes none of it", async () => {
    const word = "errCode";
    const answers = { "/rest/Book(1)": book(1, 1, { title: "The errCode" }), "/rest/$catalog/count": { result: { errCode: ["errCode"] } } };
    const { ds } = await serve(({ url }) => answers[url.split("?")[0]] ?? { status: 404, body: writeJson({ __ERROR: [{ errCode: 1500, message: 'no "errCode" here' }] }) }, {}, { "api-key": word });
    assert.equal((await ds.Book.get(1)).title, "The errCode");
    assert.deepEqual(await ds.call("count"), { errCode: ["errCode"] });
    await assert.rejects(ds.call("other"), (error) => error.errors[0].message === 'no "***" here' && error.errors[0].errCode === 1500);
  });

  test("an error's stored entity is data, its words are not", async () => {
    const conflict = { __STATUS: { success: false, status: 3, lockInfo: { user: "price" } }, __ERROR: [{ errCode: 1046, message: "price is locked" }], ...book(1, 4, { title: "price" }) };
    const { ds } = await serve((asked) => (asked.method === "POST" ? { status: 500, body: writeJson({ __ENTITIES: [conflict] }) } : book(1)), {}, { "api-key": "price" });
    const found = await ds.Book.get(1);
    found.title = "x";
    await assert.rejects(ds.transaction((tx) => tx.save(found)), (error) => {
      assert.deepEqual([error.errors[0].message, error.lockInfo, error.entity.values.get("title")], ["*** is locked", { user: "***" }, "price"]);
      return true;
    });
  });

  test("a secret with marks is hidden however it is spelled", async () => {
    const secret = 'q"u\\o/te';
    const { ds } = await serve(() => ({ body: writeJson({ result: secret }) }), {}, { "api-key": secret });
    await ds.startRequestLog({ bodies: true });
    await ds.call("x", secret).catch(() => undefined);
    await ds.Book.get(secret).catch(() => undefined);
    const log = JSON.stringify(ds.getRequestLog());
    for (const spelled of ['q\\\\\\"u', "q%22u", "u\\\\o/te", "o%2Fte"]) assert(!log.includes(spelled), spelled);
  });

  test("names and passwords in an address, and the ends of a key, are in no error, log or object", async () => {
    for (const hostname of ["http://ines:hunter2@127.0.0.1:1", "ines:hunter2@127.0.0.1:1", "http:\\\\ines:hunter2@127.0.0.1", "127.0.0.1:1/x:hunter2@y", "hunter2://127.0.0.1"]) {
      await assert.rejects(openDatastore({ hostname, "api-key": SECRET }, "", { retries: 0, warn: (text) => assert(!text.includes("hunter2")) }), (error) => {
        assert(error instanceof Misuse, inspect(error));
        return !(inspect(error, { showHidden: true, depth: 9 }) + error.stack).includes("hunter2");
      });
    }
    const { ds, server } = await serve((asked) => ({ status: 500, body: writeJson({ __ERROR: [{ errCode: 1, message: asked.headers["api-key"] }] }) }), {}, { "api-key": `${SECRET}\r\n` });
    await ds.startRequestLog({ bodies: true });
    await assert.rejects(ds.Book.get(1), (error) => !inspect(error, { showHidden: true }).includes(SECRET));
    assert.equal(server.asked.at(-1).headers["api-key"], SECRET);
    assert(!JSON.stringify(ds.getRequestLog()).includes(SECRET));
    for (const shown of [ds, readConnectionInfo({ hostname: "x", user: "ines", password: "hunter2" })]) {
      assert(!/hunter2|recordedSecret/.test(inspect(shown, { depth: 9, showHidden: true, showProxy: true })));
    }
  });
});

describe("a user who was logged out", () => {
  test("calls that find out together wait for one login", async () => {
    let logins = 0;
    let known = "";
    const server = await play((_number, asked) => {
      if (asked.url.includes("login")) {
        logins += 1;
        known = `S=A${logins}`;
        return { headers: [["set-cookie", known]], body: '{"result":true}' };
      }
      const isKnown = asked.headers.cookie === known;
      const body = asked.url.startsWith("/rest/$catalog/$all") ? CATALOG : isKnown ? book(1) : { __KEY: "1", __STAMP: 1, ID: 1 };
      return { headers: isKnown ? [] : [["set-cookie", "S=GUEST"]], body: writeJson(body) };
    });
    const ds = await openDatastore({ hostname: server.hostname, user: "ines", password: "hunter2" }, undefined, { warn: () => {} });
    known = "gone";
    const found = await Promise.all([1, 1, 1].map((key) => ds.Book.get(key)));
    assert.deepEqual(found.map(({ title }) => title), ["Book 1", "Book 1", "Book 1"]);
    assert.equal(logins, 2);
  });
});

describe("the end of a connection", () => {
  test("a connection that is to be replaced stays until the new one is proven", async () => {
    const { ds, server } = await serve(() => page(0), { localID: "proven", cookies: true });
    const refusing = await play(() => ({ status: 401, body: '{"error":"Api-key Not Valid"}' }));
    await assert.rejects(openDatastore({ hostname: refusing.hostname, "api-key": SECRET }, "proven", { replace: true, warn: () => {} }), Unauthorized);
    assert.equal(datastore("proven"), ds);
    assert.equal(await ds.Book.getCount(), 0);
    const other = await openDatastore({ hostname: server.hostname, "api-key": SECRET }, "proven", { replace: true, warn: () => {} });
    assert.equal(datastore("proven"), other);
    await assert.rejects(ds.Book.getCount(), Misuse);
    const urls = server.asked.map(({ url, headers }) => [url.split("?")[0], headers.cookie]);
    assert.deepEqual(urls.slice(-2), [["/rest/$catalog/$all", undefined], ["/rest/$directory/logout", "S=0"]]);
    await other.close();
  });

  test("nothing is repeated when a dead server is left", async () => {
    let isDead = false;
    const { ds, server } = await serve((asked) => (isDead ? "hangUp" : asked.url.includes("$lock") ? granted : book(1)), { cookies: true, retryDelay: 600_000 });
    const held = await ds.Book.get(1);
    await held.lock();
    isDead = true;
    await assert.rejects(ds.close(), Unreachable);
    assert.equal(server.asked.filter(({ url }) => url.includes("logout")).length, 1);
    await assert.rejects(ds.Book.get(1), Misuse);
  });
});

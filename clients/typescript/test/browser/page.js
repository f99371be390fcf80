// What a page does with the library, as it is built; what comes of it is told to whoever served the page.

import { Misuse, openDatastore, SimpleDate, Unreachable } from "/dist/index.js";

const { hostname, key } = await (await fetch("/data")).json();

const STEPS = {
  async reads() {
    const ds = await openDatastore({ hostname, "api-key": key });
    const books = await ds.Book.query("price > :1", 0).orderBy("ID").select("title", "published");
    const titles = [];
    for await (const book of books) titles.push(`${book.title} ${book.published instanceof SimpleDate}`);
    let entries = 0;
    for await (const entry of ds.Entry.all()) entries += entry.size > 0 ? 1 : 0;
    await ds.close();
    return { titles, entries };
  },

  async writes() {
    const ds = await openDatastore({ hostname, "api-key": key });
    const book = ds.Book.new({ title: "From a page", sample: new TextEncoder().encode("bytes") });
    const made = await book.save();
    const locked = await book.lock();
    book.title = "Changed by a page";
    const saved = await book.save();
    const unlocked = await book.unlock();
    const bytes = new TextDecoder().decode(await book.bytes("sample"));
    const called = await ds.Book.same({ n: 1 });
    const dropped = await book.drop();
    return { done: [made, locked, saved, unlocked, dropped].map(({ success }) => success), stamp: book.getStamp(), bytes, called, warnings: ds.warnings().length };
  },

  async refusals() {
    const wrong = await openDatastore({ hostname, "api-key": "claviger_nobody" }).catch((error) => ({ name: error.name, reason: error.reason }));
    const ds = await openDatastore({ hostname, "api-key": key }, "", { session: false });
    const count = await ds.Country.getCount();
    const file = await ds.startRequestLog("log").catch((error) => error instanceof Misuse);
    return { wrong, count, file };
  },

  async opens() {
    return openDatastore({ hostname, "api-key": key }, "", { retries: 0 }).then(
      () => "open",
      (error) => (error instanceof Unreachable && error.number === 1610 ? "unreachable" : String(error)),
    );
  },
};

const told = {};
for (const step of new URLSearchParams(location.search).get("do").split(",")) {
  try {
    told[step] = await STEPS[step]();
  } catch (error) {
    told[step] = { failed: `${error}\n${error.stack}` };
  }
}
await fetch("/told", { method: "POST", body: JSON.stringify(told) });

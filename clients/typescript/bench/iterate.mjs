// Goes through all books with the library, and through the same pages with `fetch` alone: `ENDPOINT`, `API_KEY`; page size, rounds.

import { openDatastore } from "../dist/index.js";

const { ENDPOINT, API_KEY } = process.env;
const [pageSize, rounds] = process.argv.slice(2).map(Number);
const headers = { "api-key": API_KEY };

async function json(path) {
  const answer = await fetch(`${ENDPOINT}/rest/${path}`, { headers });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

/** The requests that the library sends: a first page, a second one that makes a set, and pages of the set. */
async function plain() {
  let [letters, count, set] = [0, 0];
  for (let at = 0; at === 0 || at < count; at += pageSize) {
    const path = set ?? "Book";
    const page = await json(`${path}?${at === 0 ? "" : `$skip=${at}&`}$top=${pageSize}${at > 0 && set === undefined ? "&$method=entityset" : ""}`);
    count = page.__COUNT;
    set ??= page.__ENTITYSET?.replace("/rest/", "");
    for (const entity of page.__ENTITIES) letters += entity.title.length;
  }
  await fetch(`${ENDPOINT}/rest/$entityset/$release`, { method: "POST", headers, body: JSON.stringify([set?.split("/").at(-1)]) });
  return letters;
}

async function library(grown) {
  const ds = await openDatastore({ hostname: ENDPOINT, "api-key": API_KEY }, undefined, { pageSize });
  let [letters, seen] = [0, 0];
  let early;
  for await (const book of ds.Book.all()) {
    letters += book.title.length;
    seen += 1;
    if (seen === 20_000) early = heap();
  }
  grown.push(heap() - early);
  await ds.close();
  return letters;
}

function heap() {
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}

const [times, grown] = [{ plain: [], library: [] }, []];
let letters;
for (let round = 0; round <= rounds; round += 1) {
  for (const [name, work] of Object.entries({ plain, library })) {
    const start = process.hrtime.bigint();
    const found = await work(grown);
    // The first one warms up.
    if (round > 0) times[name].push(Number(process.hrtime.bigint() - start) / 1e9);
    letters ??= found;
    if (found !== letters) throw new Error(`${name} read ${found} letters instead of ${letters}`);
  }
}
const median = (values) => values.sort((one, other) => one - other)[values.length >> 1];
console.log(JSON.stringify({ plain_s: median(times.plain), library_s: median(times.library), grown_bytes: median(grown) }));

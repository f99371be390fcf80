// Collections: queries, pages, expansion, links to many, each an entity set on the server.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { connect, refused } from './client.mjs';

const client = connect();
let catalog;

before(async () => {
  catalog = await client.getCatalog();
});

const keys = (collection) => collection.entities.map(({ _key }) => _key);

test('a query is an entity set that is paged', async () => {
  const books = await catalog.Book.query({ orderBy: 'title desc', pageSize: 7 });
  assert.ok(client.helper.isCollection(books));
  assert.deepEqual([books._first, books._sent, books._pageSize, books.entities.length], [0, 7, 7, 7]);
  assert.ok(books._count > 20);
  const first = keys(books);
  await books.nextPage();
  assert.match(client.sent.at(-1).uri, /^\/rest\/Book\/\$entityset\/[A-Z0-9]{32}\?/);
  assert.deepEqual([books._first, books._sent], [7, 7]);
  const second = keys(books);
  assert.ok(second.every((key) => !first.includes(key)));
  await books.prevPage();
  assert.deepEqual(keys(books), first);
  await books.more();
  assert.deepEqual([keys(books), books._sent], [[...first, ...second], 14]);
  const titles = books.entities.map(({ title }) => title);
  assert.ok(titles.length === 14 && titles.every((title) => typeof title === 'string'));
});

test('all pages together are all entities, each once', async () => {
  const loans = await catalog.Loan.query({ pageSize: 500 });
  while (loans.entities.length < loans._count) await loans.more();
  assert.equal(new Set(keys(loans)).size, loans._count);
});

test('filters, with placeholders of every type', async () => {
  const cheap = await catalog.Book.query({ filter: 'price < :1 and title != :2', params: [10, ''], orderBy: 'price' });
  assert.ok(cheap._count > 0 && cheap.entities.every(({ price }) => price < 10));
  const named = await catalog.Author.query({ filter: "fullName = 'a@'" });
  assert.ok(named._count > 0 && named.entities.every(({ fullName }) => /^a/i.test(fullName.normalize('NFD'))));
  const day = new Date(Date.UTC(2000, 0, 1));
  const young = await catalog.Book.query({ filter: 'published >= :1', params: [day] });
  assert.ok(young._count > 0 && young.entities.every(({ published }) => published >= day));
  assert.equal((await catalog.Book.query({ filter: 'ID < 0' }))._count, 0);
  await assert.rejects(catalog.Book.query({ filter: 'nothing = 1' }), (error) => error.status === 400);
});

test('a page that begins later', async () => {
  const whole = await catalog.Country.query({ orderBy: 'code', pageSize: 10 });
  const part = await catalog.Country.query({ orderBy: 'code', pageSize: 3, start: 4 });
  assert.deepEqual([part._first, keys(part)], [4, keys(whole).slice(4, 7)]);
});

test('select expands on every page', async () => {
  const books = await catalog.Book.query({ select: 'author', pageSize: 5, orderBy: 'ID' });
  const isExpanded = ({ author, authorName }) => author === null || (!author._deferred && author.fullName === authorName);
  assert.ok(books.entities.every(isExpanded));
  await books.nextPage();
  assert.ok(books.entities.length === 5 && books.entities.every(isExpanded));
});

test('a deferred collection is fetched, and paged from then on', async () => {
  const author = (await catalog.Author.query({ filter: 'books.ID > 0', pageSize: 40 })).entities.find(({ books }) => books._deferred);
  const { books } = author;
  assert.throws(() => books.nextPage(), /deferred/);
  await books.fetch({ pageSize: 1 });
  assert.equal(books._deferred, false);
  assert.ok(books._count >= 1 && books.entities.length === 1);
  assert.ok(books.entities.every(({ authorID }) => authorID === author.ID));
  while (books.entities.length < books._count) await books.more();
  assert.equal(new Set(keys(books)).size, books._count);
  assert.ok(books.entities.every(({ authorID }) => authorID === author.ID));
});

test('an expanded collection is paged by its link', async () => {
  const { publisherID } = await catalog.Book.find(1);
  const publisher = await catalog.Publisher.find(publisherID, { select: 'books' });
  const { books } = publisher;
  assert.equal(books._deferred, false);
  await books.fetch({ pageSize: 2 });
  assert.ok(books.entities.length <= 2 && books.entities.every((book) => book.publisherID === publisherID));
});

test('entities of a collection are saved and deleted; the set keeps its place for what is gone', async () => {
  const made = [];
  for (const name of ['e2e one', 'e2e two', 'e2e three']) made.push(await catalog.Publisher.create({ name }).save());
  const found = await catalog.Publisher.query({ filter: "name = 'e2e@'", orderBy: 'ID' });
  assert.deepEqual(keys(found), made.map(({ _key }) => _key));
  found.entities[0].website = 'https://example.org';
  await found.entities[0].save();
  await found.entities[1].delete();
  await found.fetch();
  assert.equal(found._count, 3);
  assert.deepEqual(found.entities.map(({ _key, website }) => [_key, website]), [
    [made[0]._key, 'https://example.org'],
    [undefined, null],
    [made[2]._key, null],
  ]);
  await found.entities[0].delete();
  await found.entities[2].delete();
});

test('a set belongs to the key that made it', async () => {
  await catalog.Book.query({ pageSize: 2 });
  const http = client._httpClient;
  const { __ENTITYSET: uri } = JSON.parse((await http.get({ uri: '/rest/Book?$method=entityset&$limit=1' })).body);
  assert.equal(JSON.parse((await http.get({ uri: `${uri}?$limit=1` })).body).__SENT, 1);
  await assert.rejects(connect(process.env.VISITOR_KEY)._httpClient.get({ uri }), refused(404, 1802));
});

// One entity at a time: catalog, reading, links, creating, saving, conflicts, deleting.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { connect, refused } from './client.mjs';

const client = connect();
let catalog;

before(async () => {
  catalog = await client.getCatalog();
});

const lastBody = () => JSON.parse(client.sent.at(-1).body);

test('the catalog describes every dataclass', async () => {
  assert.deepEqual(Object.keys(catalog), ['Country', 'Publisher', 'Author', 'Book', 'Customer', 'Loan', 'Sale', 'SaleLine', 'Product', 'Order']);
  const { attributes, collectionName } = catalog.Book;
  assert.equal(collectionName, 'BookSelection');
  const kind = (name) => attributes.find((attribute) => attribute.name === name);
  assert.deepEqual([kind('title').kind, kind('title').type, kind('title').readOnly], ['storage', 'string', false]);
  assert.deepEqual([kind('published').simpleDate, kind('addedAt').simpleDate], [true, false]);
  assert.deepEqual([kind('author').kind, kind('author').type], ['relatedEntity', 'Author']);
  assert.deepEqual([kind('loans').kind, kind('loans').entityType], ['relatedEntities', 'Loan']);
  assert.deepEqual([kind('authorName').kind, kind('authorName').readOnly], ['alias', true]);
  assert.deepEqual([kind('label').kind, kind('label').readOnly], ['calculated', true]);
  assert.equal(kind('costNote'), undefined, 'not exposed');
});

test('a part of the catalog, and one that is not there', async () => {
  const names = ['Book', 'Author', 'Country', 'Publisher', 'Customer', 'Loan', 'Sale', 'SaleLine', 'Product', 'Order'];
  assert.deepEqual(Object.keys(await client.getCatalog(names)), names);
  await assert.rejects(client.getCatalog(['Book', 'Nothing']), refused(404, 1800));
});

test('an entity has values of its types and links', async () => {
  const book = await catalog.Book.find(1);
  assert.ok(client.helper.isEntity(book));
  assert.deepEqual([book._key, book.ID, typeof book.title], ['1', 1, 'string']);
  assert.ok(book._stamp >= 1);
  assert.ok(book.addedAt instanceof Date && book.published instanceof Date);
  assert.equal(book.label, `${book.title} #1`);
  assert.ok(client.helper.isEntity(book.author) && book.author._deferred);
  assert.ok(client.helper.isCollection(book.loans) && book.loans._deferred);
});

test('a deferred entity is fetched', async () => {
  const book = await catalog.Book.find(1);
  const author = await book.author.fetch();
  assert.equal(author.fullName, book.authorName);
  assert.equal(String(book.authorID), author._key);
});

test('select expands', async () => {
  const book = await catalog.Book.find(1, { select: 'author,publisher' });
  assert.equal(book.author._deferred, false);
  assert.equal(book.author.fullName, book.authorName);
  assert.ok(book.author.country === null || book.author.country._deferred);
  const author = await catalog.Author.find(book.author._key, { select: 'books' });
  assert.ok(author.books.entities.some((one) => one._key === book._key));
  assert.equal(author.books._count, author.books.entities.length);
});

test('what is not there', async () => {
  await assert.rejects(catalog.Book.find(999999), refused(404, 1542));
  await assert.rejects(catalog.Book.find('x'), refused(404, 1542));
});

test('an entity of text key and one of uuid', async () => {
  const country = await catalog.Country.find('PT');
  assert.equal(country._key, country.code);
  const loan = await catalog.Loan.find(1);
  const customer = await loan.customer.fetch();
  assert.match(customer._key, /^[0-9A-F]{32}$/);
});

test('create, save, change, delete', async () => {
  const country = await catalog.Country.find('PT');
  const born = new Date(Date.UTC(1955, 0, 8));
  // At creation the client takes dates as they are sent.
  const author = catalog.Author.create({ fullName: "Inês O'Neil", born: '8!1!1955', active: true, rating: 4.5, profile: { city: 'Porto', tags: ['a'] }, country });
  assert.equal(author._key, undefined);
  await author.save();
  assert.deepEqual([author._key, author._stamp], [String(author.ID), 1]);
  assert.deepEqual([author.born, author.died, author.active, author.rating], [born, null, true, 4.5]);
  assert.deepEqual(author.profile, { city: 'Porto', tags: ['a'] });
  assert.deepEqual([author.country._key, author.countryCode, author.countryName], ['PT', 'PT', country.name]);

  author.fullName = 'Inês Carvalho';
  await author.save();
  assert.equal(author._stamp, 2);
  assert.deepEqual(Object.keys(lastBody()).sort(), ['ID', '__KEY', '__STAMP', 'fullName'], 'the key, and what changed');

  author.profile.city = 'Braga';
  author.died = new Date(Date.UTC(2020, 1, 29));
  await author.save();
  const again = await catalog.Author.find(author.ID);
  assert.deepEqual([again._stamp, again.profile.city, again.fullName], [3, 'Braga', 'Inês Carvalho']);
  assert.deepEqual(again.died, author.died);

  again.country = null;
  await again.save();
  assert.deepEqual([again.country, again.countryCode], [null, null]);

  await author.fetch();
  assert.equal(author._stamp, 4);
  await author.save();
  assert.equal(author._stamp, 4, 'a save without change keeps the stamp');
  const { ID } = author;
  await author.delete();
  await assert.rejects(catalog.Author.find(ID), refused(404, 1542));
});

test('a relation to an entity just made', async () => {
  const author = await catalog.Author.create({ fullName: 'Bo Lindqvist' }).save();
  const book = await catalog.Book.create({ title: 'Slow Rivers', price: 14.5, playTime: 5_400_000, author }).save();
  assert.deepEqual([book.author._key, book.authorID, book.authorName], [author._key, author.ID, 'Bo Lindqvist']);
  assert.equal(book.playTime, 5_400_000);
  const expanded = await catalog.Book.find(book.ID, { select: 'author' });
  expanded.title = 'Slower Rivers';
  await expanded.save();
  assert.equal(expanded.author._deferred, false, 'what was expanded stays so');
  assert.equal(expanded.author.fullName, 'Bo Lindqvist');
  await expanded.delete();
  await author.delete();
});

test('a conflict is refused and leaves the first change', async () => {
  const author = await catalog.Author.create({ fullName: 'First' }).save();
  const [mine, yours] = await Promise.all([catalog.Author.find(author.ID), catalog.Author.find(author.ID)]);
  mine.fullName = 'Mine';
  await mine.save();
  yours.fullName = 'Yours';
  await assert.rejects(yours.save(), refused(500, 1263, 1046, 1517));
  assert.equal((await catalog.Author.find(author.ID)).fullName, 'Mine');
  await yours.fetch();
  yours.fullName = 'Yours';
  await yours.save();
  assert.equal((await catalog.Author.find(author.ID)).fullName, 'Yours');
  await yours.delete();
});

test('what breaks a rule is refused, and nothing of it is kept', async () => {
  await assert.rejects(catalog.Author.create({ fullName: 'Too good', rating: 6 }).save(), (error) => error.status === 500);
  await assert.rejects(catalog.Book.create({ price: 3 }).save(), (error) => error.status === 500);
  const book = await catalog.Book.find(1, { select: 'saleLines,loans' });
  if (book.loans._count + book.saleLines._count > 0) await assert.rejects(book.delete(), (error) => error.status === 500);
});

test('an image and a blob', async () => {
  const book = await catalog.Book.create({ title: 'With pictures' }).save();
  assert.deepEqual([book.cover.uri, book.sample.uri], [null, null]);
  const pixel = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');
  await book.cover.upload(new Blob([pixel], { type: 'image/gif' }));
  assert.match(book.cover.uri, /^\/rest\/Book\[\d+\]\/cover\?/);
  assert.equal(book._stamp, 2);
  const sent = await fetch(process.env.ENDPOINT + book.cover.uri, { headers: { 'api-key': process.env.API_KEY } });
  assert.deepEqual([sent.status, sent.headers.get('content-type')], [200, 'image/gif']);
  assert.deepEqual(Buffer.from(await sent.arrayBuffer()), pixel);
  await book.sample.upload(new Blob(['some bytes']));
  const blob = await fetch(process.env.ENDPOINT + book.sample.uri, { headers: { 'api-key': process.env.API_KEY } });
  assert.equal(await blob.text(), 'some bytes');
  book.title = 'With other words';
  await book.save();
  assert.ok(book.cover.uri !== null, 'a save leaves the image as it is');
  await book.cover.delete();
  assert.equal(book.cover.uri, null);
  await book.delete();
});

test('recompute shows what would be saved, and saves nothing', async () => {
  const author = await catalog.Author.find(1);
  const { _stamp: stamp, fullName } = author;
  author.country = await catalog.Country.find('PT');
  await author.recompute();
  assert.equal(author.countryName, (await catalog.Country.find('PT')).name);
  const again = await catalog.Author.find(1);
  assert.deepEqual([again._stamp, again.fullName], [stamp, fullName]);
});

test('the directory', async () => {
  assert.equal((await client.directory.getCurrentUser()).userName, 'Demo editor');
  assert.equal(await client.directory.login('ines', 'secret'), false);
  assert.equal(await client.directory.logout(), true);
  assert.equal(await client.directory.getCurrentUserBelongsTo('Editor'), true);
  assert.equal(await client.directory.getCurrentUserBelongsTo('Sales'), false);
});

test('a key that may not', async () => {
  const visitor = await connect(process.env.VISITOR_KEY).getCatalog();
  assert.equal((await visitor.Book.find(1)).price, null, 'not sent, so that the client has nothing');
  await assert.rejects(visitor.Customer.find('0'.repeat(32)), (error) => error.status === 401);
  const book = await visitor.Book.find(1);
  book.title = 'Changed';
  await assert.rejects(book.save(), (error) => error.status === 401 && error.body.includes('1558'));
  await assert.rejects(book.delete(), (error) => error.status === 401);
  await assert.rejects(connect('claviger_none').getCatalog(), (error) => error.status === 401 && error.body === '{"error":"Api-key Not Valid"}');
});

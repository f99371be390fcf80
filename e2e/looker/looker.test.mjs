// What a connector of a reporting tool asks for: the schema, pages of rows, a filter by date.
import assert from 'node:assert/strict';
import { test } from 'node:test';

const { ENDPOINT, API_KEY, VISITOR_KEY } = process.env;

async function rows(dataclass, parameters = {}, key = API_KEY) {
  const query = new URLSearchParams({ $format: 'looker', ...parameters });
  const response = await fetch(`${ENDPOINT}/rest/${dataclass}?${query}`, { headers: { 'api-key': key } });
  return { status: response.status, body: await response.json() };
}

test('the schema tells how to show each column', async () => {
  const { body } = await rows('Book', { $top: 1 });
  const column = (name) => body.schema.find((one) => one.name === name);
  assert.deepEqual(column('price'), {
    name: 'price',
    dataType: 'NUMBER',
    semantics: { conceptType: 'METRIC', semanticGroup: 'NUMERIC', semanticType: 'NUMBER' },
  });
  assert.deepEqual(column('title').semantics, { conceptType: 'DIMENSION', semanticGroup: 'TEXT', semanticType: 'TEXT' });
  assert.deepEqual([column('published').dataType, column('published').semantics.semanticType], ['STRING', 'YEAR_MONTH_DAY']);
  assert.deepEqual(['author', 'loans'].map(column), [undefined, undefined], 'scalar attributes only');
  assert.equal(body.rows[0].values.length, body.schema.length);
});

test('pages of rows are all rows', async () => {
  const size = 200;
  const seen = new Set();
  let count = Infinity;
  for (let first = 0; first < count; first += size) {
    const { body } = await rows('Loan', { $attributes: 'ID,lentAt', $orderby: 'ID', $top: size, $skip: first });
    count = body.__COUNT;
    assert.deepEqual([body.__FIRST, body.filtersApplied], [first, false]);
    for (const { values } of body.rows) {
      assert.match(values[1], /^\d{8}$/);
      seen.add(values[0]);
    }
  }
  assert.equal(seen.size, count);
});

test('columns over a relation, filtered', async () => {
  const { body } = await rows('Book', { $attributes: 'title,author.fullName,price', $filter: '"published >= 2000-01-01"', $top: 10 });
  assert.deepEqual(body.schema.map(({ name }) => name).sort(), ['author.fullName', 'price', 'title']);
  assert.ok(body.rows.every(({ values }) => values.length === 3));
  assert.ok(body.filtersApplied && body.__COUNT > 0 && body.rows.length > 0);
});

test('$asArray changes nothing, and other formats are refused', async () => {
  const [plain, asArray] = await Promise.all([rows('Country'), rows('Country', { $asArray: true })]);
  assert.deepEqual(asArray.body, plain.body);
  const { status, body } = await rows('Country', { $format: 'csv' });
  assert.deepEqual([status, body.__ERROR[0].errCode], [400, 1801]);
});

test('what the key may not read is no column', async () => {
  const { body } = await rows('Book', {}, VISITOR_KEY);
  assert.equal(body.schema.some(({ name }) => name === 'price'), false);
  assert.equal((await rows('Sale', {}, VISITOR_KEY)).status, 401);
});

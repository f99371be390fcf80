/** Try it: a request is built, run as a key, and taken along; the reference of that key. */
import { readFileSync } from 'node:fs';

import { expectAccessible } from './accessibility';
import { expect, test } from './fixtures';
import { pick, pickKey } from './pick';

test('reads with filter, order, attributes and page', async ({ app, page, signIn }) => {
  app.key('Nightly report', { role: 'Manager' });
  await signIn();
  await page.goto(`${app.console}/try`);
  await pickKey(page, 'Nightly report');
  await expect(page).toHaveURL(/key=key_/);
  await pick(page, 'Dataclass', 'Product');
  await page.getByLabel('Filter', { exact: true }).fill('price > 50');
  await page.getByLabel('Order', { exact: true }).fill('price desc');
  const attributes = page.getByRole('combobox', { name: 'Attributes' });
  await attributes.fill('name');
  await page.keyboard.press('Enter');
  await attributes.fill('supplier.name');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Escape');
  await page.getByLabel('Top', { exact: true }).fill('5');
  await expect(page.getByLabel('URL', { exact: true })).toHaveValue('/rest/Product?$filter=price%20%3E%2050&$orderby=price%20desc&$attributes=name,supplier.name&$top=5');
  await page.getByRole('button', { name: 'Run' }).click();
  const answer = page.getByRole('region', { name: 'Answer' });
  await expect(answer.getByRole('status')).toContainText('200');
  await expect(answer.getByRole('status')).toContainText(/\d ms/);
  await expect(answer.getByRole('region', { name: 'Body' })).toContainText('"name": "Table"');
  await expect(answer.getByRole('region', { name: 'Body' })).toContainText('"name": "Étoile"');
  await expect(answer.getByRole('region', { name: 'Body' })).not.toContainText('"Lamp"');
  await expectAccessible(page);
  await answer.getByRole('tab', { name: 'Headers' }).click();
  await expect(answer.getByText('content-type')).toBeVisible();
});

test('the URL can be written by hand; a refusal leads to its reason', async ({ app, page, signIn }) => {
  const { id } = app.key('Nightly report', { role: 'Nobody' });
  await signIn();
  await page.goto(`${app.console}/try?key=${id}`);
  await page.getByLabel('URL', { exact: true }).fill('/rest/Product(1)');
  await expect(page.getByText('Written by hand.')).toBeVisible();
  await page.getByRole('button', { name: 'Run' }).click();
  await expect(page.getByRole('region', { name: 'Answer' }).getByRole('status')).toContainText('401');
  await page.getByRole('link', { name: 'Why was it refused?' }).click();
  await expect(page.getByRole('heading', { name: 'No permission: status 401' })).toBeVisible();
});

test('writing asks once, deleting always', async ({ app, page, signIn }) => {
  const { id, secret } = app.key('Nightly report', { role: 'Manager' });
  await signIn();
  await page.goto(`${app.console}/try?key=${id}`);
  await pick(page, 'Dataclass', 'Product');
  await page.getByText('Create', { exact: true }).click();
  await page.getByRole('button', { name: 'Fill in attributes' }).click();
  await expect(page.getByLabel('Body', { exact: true })).toHaveValue(/"name"/);
  await page.getByLabel('Body', { exact: true }).fill('{ "name": "Stool", ');
  await expect(page.getByText(/This is not JSON yet/)).toBeVisible();
  await page.getByLabel('Body', { exact: true }).fill('{ "name": "Stool", "price": 20 }');
  await expect(page.getByLabel('URL', { exact: true })).toHaveValue('/rest/Product?$method=update');
  await page.getByRole('button', { name: 'Run' }).click();
  const dialog = page.getByRole('dialog', { name: 'This changes data' });
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(dialog).toBeHidden();
  expect(await (await app.rest('Product?$filter="name = Stool"', secret)).text()).not.toContain('Stool');
  await page.getByRole('button', { name: 'Run' }).click();
  await dialog.getByRole('button', { name: 'Run' }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole('region', { name: 'Body' })).toContainText('"success": true');
  await page.getByText('Delete', { exact: true }).click();
  await page.getByLabel('Entity key', { exact: true }).fill('4');
  await expect(page.getByLabel('URL', { exact: true })).toHaveValue('/rest/Product(4)?$method=delete');
  // Each delete is asked for, also when it is written as a GET.
  await page.getByRole('button', { name: 'Run' }).click();
  await dialog.getByRole('button', { name: 'Run' }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole('region', { name: 'Body' })).toContainText('"ok": true');
  await expect(dialog).toHaveCount(0);
  await page.getByLabel('URL', { exact: true }).fill('/rest/Product(3)?%24method="delete"');
  await pick(page, 'Method', 'GET');
  await page.getByRole('button', { name: 'Run' }).click();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(dialog).toBeHidden();
  expect((await app.rest('Product(3)', secret)).status).toBe(200);
});

test('another key, another question', async ({ app, page, signIn }) => {
  const one = app.key('Nightly report', { role: 'Manager' });
  app.key('Second report', { role: 'Manager' });
  await signIn();
  await page.goto(`${app.console}/try?key=${one.id}&method=POST&path=/rest/Product?$method=update`);
  await page.getByLabel('Body', { exact: true }).fill('{ "name": "Stool", "price": 20 }');
  const dialog = page.getByRole('dialog', { name: 'This changes data' });
  await page.getByRole('button', { name: 'Run' }).click();
  await dialog.getByRole('button', { name: 'Run' }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole('region', { name: 'Body' })).toContainText('"success": true');
  const ran = page.waitForResponse((response) => response.url().endsWith('/api/try'));
  await page.getByRole('button', { name: 'Run' }).click();
  await ran;
  await expect(dialog).toHaveCount(0);
  await pickKey(page, 'Second report');
  await page.getByRole('button', { name: 'Run' }).click();
  await expect(dialog).toBeVisible();
});

test('copies for the shell, JavaScript, Python and Postman, never with the secret', async ({ app, page, signIn }) => {
  const { id, secret } = app.key('Nightly report', { role: 'Manager' });
  await signIn(app.viewer);
  await page.goto(`${app.console}/try?key=${id}`);
  await pick(page, 'Dataclass', 'Product');
  await page.getByLabel('Filter', { exact: true }).fill("name = 'Lamp'");
  await expect(page.getByRole('button', { name: 'Run' })).toHaveCount(0);
  await expect(page.getByText('Managers and owners can run requests here.', { exact: false })).toBeVisible();
  for (const [language, variable] of [
    ['curl', '$CLAVIGER_API_KEY'],
    ['JavaScript', 'process.env.CLAVIGER_API_KEY'],
    ['Python', 'os.environ["CLAVIGER_API_KEY"]'],
  ] as const) {
    await page.getByText(language, { exact: true }).click();
    await page.getByRole('button', { name: `Copy as ${language}` }).click();
    const text = await page.evaluate(() => navigator.clipboard.readText());
    expect(text).toContain(variable);
    expect(text).toContain(`${app.url}/rest/Product?$filter=name%20=%20`);
    expect(text).not.toContain(secret);
  }
  await page.getByText('Postman', { exact: true }).click();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download collection' }).click()]);
  const collection = JSON.parse(readFileSync(await download.path(), 'utf8')) as { info: { schema: string }; auth: unknown };
  expect(collection.info.schema).toContain('v2.1.0');
  expect(JSON.stringify(collection.auth)).toContain('{{api-key}}');
  expect(JSON.stringify(collection)).not.toContain(secret);
});

test('the reference is what the key can reach', async ({ app, page, signIn }) => {
  const employee = app.key('Nightly report', { role: 'Employee' });
  await signIn(app.viewer);
  await page.goto(`${app.console}/try?tab=reference`);
  await expect(page.getByText('No key chosen')).toBeVisible();
  await page.goto(`${app.console}/try?key=${employee.id}&tab=reference`);
  await expect(page.getByText('/rest/Product', { exact: true }).first()).toBeVisible();
  await expect(page.getByText('/rest/Customer', { exact: true })).toHaveCount(0);
  await page.getByText('/rest/Product', { exact: true }).first().click();
  await expect(page.getByRole('table', { name: 'Parameters' }).first()).toContainText('$filter');
  await expectAccessible(page);
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download OpenAPI document' }).click()]);
  const document = JSON.parse(readFileSync(await download.path(), 'utf8')) as { openapi: string };
  expect(document.openapi).toMatch(/^3\.1/);
});

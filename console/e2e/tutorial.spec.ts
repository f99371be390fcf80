/** The tutorial of the API keys page, from the browser to the REST calls (api-keys.md 10), with the function that creates. */
import type { Page } from '@playwright/test';

import { expect, test } from './fixtures';

const clipboard = (page: Page) => page.evaluate(() => navigator.clipboard.readText());

async function choose(page: Page, field: string, option: string): Promise<void> {
  await page.getByRole('combobox', { name: field, exact: true }).click();
  await page.getByRole('option', { name: option, exact: true }).click();
}

test('K-90 K-91 K-92 K-93 two keys made in the console see and do what their roles allow', async ({ app, page }) => {
  // K-90: sign in, open the tab, copy the endpoint, create both keys, reveal and copy both.
  await page.goto(`${app.url}/`);
  await page.getByLabel('Email', { exact: true }).fill(app.owner.email);
  await page.getByLabel('Password', { exact: true }).fill(app.owner.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('link', { name: 'API keys', exact: true }).click();
  await page.getByRole('button', { name: /^Copy/ }).first().click();
  await expect(page.getByText('Copied').first()).toBeVisible();
  const endpoint = await clipboard(page);
  expect(endpoint).toBe(app.url);

  const secrets: Record<string, string> = {};
  for (const [description, role] of [['emp', 'Employee'], ['mgr', 'Manager']] as const) {
    await page.getByRole('button', { name: 'New API key', exact: true }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Description', { exact: true }).fill(description);
    await choose(page, 'Role', role);
    await dialog.getByRole('button', { name: 'Submit', exact: true }).click();
    await expect(dialog.getByText(/claviger_\w{49}/).first()).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(dialog).toBeHidden();

    await page.getByRole('button', { name: `Show ${description}`, exact: true }).click();
    const shown = page.getByText(/^claviger_\w{49}$/);
    await expect(shown).toBeVisible();
    await page.getByRole('button', { name: `Copy ${description}`, exact: true }).click();
    await expect.poll(() => clipboard(page)).toBe(await shown.textContent());
    secrets[description] = await clipboard(page);
    await page.getByRole('button', { name: `Hide ${description}`, exact: true }).click();
    await expect(shown).toBeHidden();
  }
  const { emp = '', mgr = '' } = secrets;
  expect(emp).not.toBe(mgr);

  // K-91: no header 400, a wrong secret 401, both keys 200.
  const ask = (path: string, secret?: string, init: RequestInit = {}) =>
    fetch(`${endpoint}/rest/${path}`, { ...init, headers: secret === undefined ? {} : { 'api-key': secret } });
  expect((await ask('Product')).status).toBe(400);
  expect((await ask('Product', `${emp.slice(0, -1)}?`)).status).toBe(401);
  expect((await ask('Product', emp)).status).toBe(200);
  expect((await ask('Product', mgr)).status).toBe(200);

  // K-92: the employee sees no price, the manager does.
  interface Product {
    name: string;
    price?: number;
  }
  const products = async (secret: string) => ((await (await ask('Product', secret)).json()) as { __ENTITIES: Product[] }).__ENTITIES;
  expect((await products(emp)).map((product) => Object.hasOwn(product, 'price'))).toEqual([false, false, false]);
  expect((await products(mgr)).map((product) => product.price)).toEqual([12.5, 80, 240.99]);

  // K-93: the manager creates, by the function and by an update, both see it; the employee is refused and nothing is made.
  const call = (secret: string, name: string) =>
    ask('Product/create', secret, { method: 'POST', body: JSON.stringify([{ name, price: 999 }]) });
  const update = (secret: string, name: string) =>
    ask('Product?$method=update', secret, { method: 'POST', body: JSON.stringify({ name, price: 999 }) });
  const made = await call(mgr, 'Sofa');
  expect(made.status).toBe(200);
  expect(await made.json()).toMatchObject({ __DATACLASS: 'Product', __STAMP: 1, name: 'Sofa', price: 999 });
  expect((await update(mgr, 'Bench')).status).toBe(200);
  for (const refused of [await call(emp, 'Stool'), await update(emp, 'Stool')]) {
    expect(refused.status).toBe(401);
    expect(await refused.text()).toContain('No permission to create for the Product dataclass');
  }
  for (const secret of [emp, mgr]) {
    expect((await products(secret)).map((product) => product.name)).toEqual(['Lamp', 'Chair', 'Table', 'Sofa', 'Bench']);
  }
});

test('a first visitor has a working key after four clicks', async ({ app, page }) => {
  await page.goto(`${app.url}/`);
  await page.getByLabel('Email', { exact: true }).fill(app.owner.email);
  await page.getByLabel('Password', { exact: true }).fill(app.owner.password);
  let clicks = 0;
  const click = async (name: string) => {
    clicks += 1;
    await page.getByRole('button', { name, exact: true }).click();
  };
  await click('Sign in');
  await click('New API key');
  await page.getByRole('dialog').getByLabel('Description', { exact: true }).fill('First key');
  await click('Submit');
  const secret = (await page.getByRole('dialog').getByText(/^claviger_\w{49}$/).first().textContent()) ?? '';
  expect(clicks).toBeLessThanOrEqual(4);
  expect((await app.rest('Product', secret)).status).toBe(200);
  // The ready line works as it stands.
  const line = (await page.getByRole('dialog').getByText(/^curl /).first().textContent()) ?? '';
  expect(line).toContain(`${app.url}/rest/`);
  expect(line).toContain(secret);
});

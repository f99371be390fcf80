/** The dialog New API key (K-20 to K-35). */
import { expect, test } from './fixtures';
import { card, choose, dayFromNow, openKeys, openNew, submitNew } from './keysPage';

interface Record {
  description: string;
  type: string;
  role: string | null;
  allowedHosts: string[];
  expiresOn: string;
}

test('K-20 Cancel after filling all fields creates nothing', async ({ app, page, signIn }) => {
  const dialog = await openNew(app, page, signIn);
  await dialog.getByLabel('Description').fill('Not wanted');
  await choose(dialog, 'Role', 'Manager');
  await dialog.getByLabel('Expiration date').fill(dayFromNow(30));
  await dialog.getByRole('button', { name: 'Add IP address' }).click();
  await dialog.getByLabel('IP address 1').fill('192.0.2.1');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByText('Nothing to show here')).toBeVisible();
  expect(app.cli(['keys', 'list'])).toEqual([]);
});

test('K-21 a description of 1 to 200 characters', async ({ app, page, signIn }) => {
  const dialog = await openNew(app, page, signIn);
  const field = dialog.getByLabel('Description');
  for (const [text, message] of [
    ['', 'Write a description by which the key can be recognised.'],
    ['   ', 'Write a description by which the key can be recognised.'],
    ['x'.repeat(201), 'At most 200 characters.'],
  ] as const) {
    await field.fill(text);
    await dialog.getByRole('button', { name: 'Submit' }).click();
    await expect(field).toHaveAttribute('aria-invalid', 'true');
    await expect(dialog.getByText(message)).toBeVisible();
    await expect(field).toBeFocused();
  }
  await field.fill(`  ${'x'.repeat(200)} `);
  await expect(field).not.toHaveAttribute('aria-invalid', 'true');
  await submitNew(dialog);
  await expect(card(page, 'x'.repeat(200))).toBeVisible();
});

test('K-22 two types, Standard preselected', async ({ app, page, signIn }) => {
  const dialog = await openNew(app, page, signIn);
  const field = dialog.getByRole('combobox', { name: 'API Type', exact: true });
  await expect(field).toHaveValue('Standard');
  await field.click();
  await expect(page.getByRole('option')).toHaveText(['Standard', 'Administration']);
});

test('K-23 the roles of the roles file, also a role added while the page is open', async ({ app, page, signIn }) => {
  await openNew(app, page, signIn);
  const field = page.getByRole('combobox', { name: 'Role', exact: true });
  await field.click();
  await expect(page.getByRole('option')).toHaveText(['Admin', 'Manager', 'Employee', 'Nobody']);
  app.write('roles.json', app.read('roles.json').replace('"roles": [', '"roles": [\n    { "role": "Auditor", "privileges": ["browse"] },'));
  await page.goto(`${app.console}/roles`);
  await page.evaluate(async () => {
    const { csrfToken } = (await (await fetch('api/session')).json()) as { csrfToken: string };
    await fetch('api/roles/reload', { method: 'POST', headers: { 'x-csrf-token': csrfToken } });
  });
  await page.goto(`${app.console}/keys?new=true`);
  await field.click();
  await expect(page.getByRole('option', { name: 'Auditor', exact: true })).toBeVisible();
});

test('K-24 Admin is preselected when it is declared', async ({ app, page, signIn }) => {
  const dialog = await openNew(app, page, signIn);
  await expect(dialog.getByRole('combobox', { name: 'Role', exact: true })).toHaveValue('Admin');
  await expect(dialog.getByText('The role Admin reads 3 of 3 dataclasses')).toBeVisible();
});

test('K-24, K-23 without Admin nothing is preselected, and Submit asks for a role', async ({ app, page, signIn }) => {
  app.write('roles.json', app.read('roles.json').replace('"role": "Admin"', '"role": "Boss"'));
  await app.restart();
  const dialog = await openNew(app, page, signIn);
  const field = dialog.getByRole('combobox', { name: 'Role', exact: true });
  await expect(field).toHaveValue('');
  await expect(field).toHaveAttribute('placeholder', 'Select role');
  await dialog.getByLabel('Description').fill('Without a role');
  await dialog.getByRole('button', { name: 'Submit' }).click();
  await expect(dialog.getByText('Select a role.')).toBeVisible();
  await expect(field).toHaveAttribute('aria-invalid', 'true');
});

test('K-25 the date is prefilled with today plus one year', async ({ app, page, signIn }) => {
  const dialog = await openNew(app, page, signIn);
  const today = dayFromNow(0);
  await expect(dialog.getByLabel('Expiration date')).toHaveValue(`${Number(today.slice(0, 4)) + 1}${today.slice(4)}`);
  await expect(dialog.getByText('UTC')).toBeVisible();
});

test('K-26 not before today, not later than one year', async ({ app, page, signIn }) => {
  const dialog = await openNew(app, page, signIn);
  await dialog.getByLabel('Description').fill('Dated');
  const field = dialog.getByLabel('Expiration date');
  const limit = await field.inputValue();
  const beyond = new Date(Date.parse(limit) + 86_400_000).toISOString().slice(0, 10);
  for (const [day, message] of [
    [beyond, 'At most one year from today.'],
    [dayFromNow(-1), 'Not before today.'],
    ['', 'This must be a date, YYYY-MM-DD.'],
  ] as const) {
    await field.fill(day);
    await dialog.getByRole('button', { name: 'Submit' }).click();
    await expect(dialog.getByText(message)).toBeVisible();
    await expect(field).toHaveAttribute('aria-invalid', 'true');
  }
  for (const day of [limit, dayFromNow(0), dayFromNow(1)]) {
    await page.goto(`${app.console}/keys?new=true`);
    await dialog.getByLabel('Description').fill(`Until ${day}`);
    await dialog.getByLabel('Expiration date').fill(day);
    await submitNew(dialog);
  }
  expect((app.cli(['keys', 'list']) as Record[]).map((key) => key.expiresOn).sort()).toEqual([dayFromNow(0), dayFromNow(1), limit]);
});

test('K-27 allowed hosts start with public access, and the icon says what that means', async ({ app, page, signIn }) => {
  const dialog = await openNew(app, page, signIn);
  const hosts = dialog.getByRole('group', { name: 'Allowed hosts' });
  await expect(hosts.getByText('Public access')).toBeVisible();
  const icon = hosts.getByRole('button', { name: 'The key works from any host until an address is added.' });
  await icon.hover();
  await expect(page.getByRole('tooltip')).toHaveText('The key works from any host until an address is added.');
  await expect(hosts.getByRole('button', { name: 'Add IP address' })).toBeVisible();
  await expect(dialog.getByText('Public access: whoever has the secret')).toBeVisible();
});

test('K-28 each click adds a line; only addresses pass', async ({ app, page, signIn }) => {
  const dialog = await openNew(app, page, signIn);
  await dialog.getByLabel('Description').fill('Hosts');
  const refused = ['example.org', '192.0.2.300', '', '0.0.0.0/0'];
  const taken = ['192.0.2.1', '2001:db8::1', '2001:db8:5::/48'];
  for (const [index, text] of [...refused, ...taken].entries()) {
    await dialog.getByRole('button', { name: 'Add IP address' }).click();
    const line = dialog.getByLabel(`IP address ${index + 1}`);
    await expect(line).toBeFocused();
    await line.fill(text);
  }
  await dialog.getByRole('button', { name: 'Submit' }).click();
  for (const index of refused.keys()) await expect(dialog.getByLabel(`IP address ${index + 1}`)).toHaveAttribute('aria-invalid', 'true');
  await expect(dialog.locator('[aria-invalid="true"]')).toHaveCount(refused.length);
  await expect(dialog.getByText('This range holds every address; remove all addresses to allow every host.')).toBeVisible();
  for (const index of [...refused.keys()].reverse()) await dialog.getByRole('button', { name: `Remove address ${index + 1}` }).click();
  await submitNew(dialog);
  expect((app.cli(['keys', 'list']) as Record[])[0]?.allowedHosts).toEqual(taken);
});

test('K-29 a key made without touching the field works from everywhere', async ({ app, page, signIn }) => {
  const dialog = await openNew(app, page, signIn);
  await dialog.getByLabel('Description').fill('From everywhere');
  const secret = await submitNew(dialog);
  await expect(card(page, 'From everywhere').locator('dl > div').filter({ hasText: 'Allowed hosts' }).locator('dd')).toHaveText('All');
  expect((await app.rest('Product', secret)).status).toBe(200);
});

test('K-30 Submit creates the key; the card is there without a reload and the key works at once', async ({ app, page, signIn }) => {
  const dialog = await openNew(app, page, signIn);
  await page.evaluate(() => ((window as unknown as { kept: boolean }).kept = true));
  await dialog.getByLabel('Description').fill('Warehouse sync');
  await choose(dialog, 'Role', 'Employee');
  await expect(dialog.getByText('The role Employee reads 2 of 3 dataclasses, changes none, deletes none.')).toBeVisible();
  await dialog.getByRole('button', { name: 'Submit' }).click();
  const secret = await dialog.getByText(/^claviger_\w{49}$/).innerText();
  await expect(dialog.getByText(`curl -H 'api-key: ${secret}' '${app.url}/rest/$catalog'`)).toBeVisible();
  await dialog.getByRole('button', { name: 'Secret to clipboard' }).click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(secret);
  await dialog.getByRole('button', { name: 'Done' }).click();
  await expect(dialog).toBeHidden();
  await expect(card(page, 'Warehouse sync')).toBeVisible();
  await expect(page.getByText('claviger_')).toHaveCount(0);
  expect(await page.evaluate(() => (window as unknown as { kept: boolean }).kept)).toBe(true);
  expect((await app.rest('Product', secret)).status).toBe(200);
});

test('K-30 a second click on Submit while saving makes no second key', async ({ app, page, signIn }) => {
  const dialog = await openNew(app, page, signIn);
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route('**/console/api/keys', async (route) => {
    if (route.request().method() === 'POST') await held;
    await route.continue();
  });
  await dialog.getByLabel('Description').fill('Once');
  const submit = dialog.getByRole('button', { name: 'Submit' });
  await submit.click();
  await expect(submit).toBeEnabled();
  await submit.click();
  await submit.click();
  release();
  await dialog.getByRole('button', { name: 'Done' }).click();
  await expect(page.getByRole('article')).toHaveCount(1);
  expect((app.cli(['keys', 'list']) as Record[]).length).toBe(1);
});

test('K-31 the secret cannot be chosen', async ({ app, page, signIn }) => {
  const dialog = await openNew(app, page, signIn);
  await expect(dialog.getByLabel(/secret/i)).toHaveCount(0);
  const answer = await page.evaluate(async () => {
    const { csrfToken } = (await (await fetch('api/session')).json()) as { csrfToken: string };
    const headers = { 'x-csrf-token': csrfToken };
    const response = await fetch('api/keys', { method: 'POST', headers, body: '{"description":"Mine","role":"Admin","secret":"mine"}' });
    return { status: response.status, body: await response.text() };
  });
  expect(answer.status).toBe(422);
  expect(answer.body).toContain('"field":"secret"');
});

test('K-32 an Administration key has no role', async ({ app, page, signIn }) => {
  const dialog = await openNew(app, page, signIn);
  const role = dialog.getByRole('combobox', { name: 'Role', exact: true });
  await choose(dialog, 'Role', 'Manager');
  await choose(dialog, 'API Type', 'Administration');
  await expect(role).toBeHidden();
  await choose(dialog, 'API Type', 'Standard');
  await expect(role).toHaveValue('Manager');
  await choose(dialog, 'API Type', 'Administration');
  await dialog.getByLabel('Description').fill('Component developer');
  await submitNew(dialog);
  const [key] = app.cli(['keys', 'list']) as Record[];
  expect(key).toMatchObject({ type: 'administration', role: null });
  await expect(card(page, 'Component developer').getByText('ADMINISTRATION', { exact: true })).toBeVisible();
});

test('K-33, K-34 a Standard key follows its role, an Administration key reaches everything', async ({ app, page, signIn }) => {
  const dialog = await openNew(app, page, signIn);
  await dialog.getByLabel('Description').fill('Nobody');
  await choose(dialog, 'Role', 'Nobody');
  await expect(dialog.getByText('The role Nobody reads 0 of 3 dataclasses')).toBeVisible();
  const nobody = await submitNew(dialog);
  await page.getByRole('button', { name: 'New API key' }).click();
  await dialog.getByLabel('Description').fill('Everything');
  await choose(dialog, 'API Type', 'Administration');
  const everything = await submitNew(dialog);
  expect((await app.rest('Product', nobody)).status).toBe(401);
  expect((await app.rest('Product', everything)).status).toBe(200);
  const body = JSON.stringify([{ name: 'Made by Administration' }]);
  expect((await app.rest('Product?$method=update', everything, { method: 'POST', body })).status).toBe(200);
});

test('K-35 Administration is warned about before Submit', async ({ app, page, signIn }) => {
  const dialog = await openNew(app, page, signIn);
  await expect(dialog.getByText('bypasses all role restrictions')).toHaveCount(0);
  await choose(dialog, 'API Type', 'Administration');
  await expect(dialog.getByText('bypasses all role restrictions')).toBeVisible();
  await expect(dialog.getByText('An Administration key reads 3 of 3 dataclasses, changes 3, deletes 3.')).toBeVisible();
});

test('what only the server refuses is shown at the field and nothing typed is lost', async ({ app, page, signIn }) => {
  const dialog = await openNew(app, page, signIn);
  await dialog.getByLabel('Description').fill('Refused');
  await dialog.getByRole('button', { name: 'Add IP address' }).click();
  await dialog.getByLabel('IP address 1').fill('192.0.2.1');
  await page.route('**/console/api/keys', async (route) => {
    if (route.request().method() !== 'POST') return route.fallback();
    const errors = [
      { field: 'allowedHosts', code: 'x', message: 'Not this address.', index: 0 },
      { field: 'role', code: 'unknown', message: 'There is no role "Admin".' },
    ];
    return route.fulfill({
      status: 422,
      contentType: 'application/problem+json',
      body: JSON.stringify({ type: '/console/problems/invalid-fields', title: 'x', status: 422, detail: 'x', errors }),
    });
  });
  await dialog.getByRole('button', { name: 'Submit' }).click();
  await expect(dialog.getByText('Not this address.')).toBeVisible();
  await expect(dialog.getByLabel('IP address 1')).toHaveAttribute('aria-invalid', 'true');
  await expect(dialog.getByText('There is no role "Admin".')).toBeVisible();
  await expect(dialog.getByLabel('Description')).toHaveValue('Refused');
});

test('with a lower limit the message names it', async ({ app, page, signIn }) => {
  app.write('claviger.toml', `${app.read('claviger.toml')}\n[keys]\nmax_lifetime_days = 30\n`);
  await app.restart();
  await openKeys(app, page, signIn, '?new=true');
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByLabel('Expiration date')).toHaveValue(dayFromNow(30));
  await dialog.getByLabel('Description').fill('Short');
  await dialog.getByLabel('Expiration date').fill(dayFromNow(31));
  await dialog.getByRole('button', { name: 'Submit' }).click();
  await expect(dialog.getByText('At most 30 days from today.')).toBeVisible();
});

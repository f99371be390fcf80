/** Show, copy, edit, delete, regenerate, audit (K-41 to K-48, O-4, O-5, O-10). */
import { expect, test } from './fixtures';
import { card, choose, dayFromNow, openKeys, openNew, submitNew } from './keysPage';

interface Line {
  action: string;
  actor: string;
  address: string | null;
  keyId: string | null;
  fields: string[];
}

const SECRET = /claviger_\w{49}/;

test('K-41 Show puts the secret in place of the asterisks, and hides it again', async ({ app, page, signIn }) => {
  const { secret } = app.key('Nightly report', { role: 'Manager' });
  await openKeys(app, page, signIn);
  await expect(page.getByText(SECRET)).toHaveCount(0);
  await page.getByRole('button', { name: 'Show Nightly report' }).click();
  await expect(card(page, 'Nightly report').getByText(secret, { exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'Hide Nightly report' }).click();
  await expect(page.getByText(SECRET)).toHaveCount(0);
  await expect(card(page, 'Nightly report')).toContainText('*'.repeat(16));
});

test('K-41 a shown secret is masked again after 30 seconds, and gone when the page is left', async ({ app, page, signIn }) => {
  app.key('Nightly report', { role: 'Manager' });
  await page.clock.install();
  await openKeys(app, page, signIn);
  await page.getByRole('button', { name: 'Show Nightly report' }).click();
  await expect(page.getByText(SECRET)).toBeVisible();
  await page.clock.runFor(28_000);
  await expect(page.getByText(SECRET)).toBeVisible();
  await page.clock.runFor(3_000);
  await expect(page.getByText(SECRET)).toHaveCount(0);
  await page.getByRole('button', { name: 'Show Nightly report' }).click();
  await expect(page.getByText(SECRET)).toBeVisible();
  await page.getByRole('link', { name: 'Audit', exact: true }).click();
  await expect(page.getByText(SECRET)).toHaveCount(0);
  await page.getByRole('link', { name: 'API keys', exact: true }).click();
  await expect(card(page, 'Nightly report')).toBeVisible();
  await expect(page.getByText(SECRET)).toHaveCount(0);
});

test('K-41 without a fresh password the page asks for it, then shows the secret', async ({ app, page, signIn }) => {
  const { secret } = app.key('Nightly report', { role: 'Manager' });
  await openKeys(app, page, signIn);
  await app.restart('+20m');
  await page.getByRole('button', { name: 'Show Nightly report' }).click();
  const dialog = page.getByRole('dialog', { name: 'Confirm your password' });
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByText(SECRET)).toHaveCount(0);
  await page.getByRole('button', { name: 'Show Nightly report' }).click();
  await dialog.getByLabel('Password').fill('not it');
  await dialog.getByRole('button', { name: 'Confirm' }).click();
  await expect(dialog.getByText('The password is wrong.')).toBeVisible();
  await dialog.getByLabel('Password').fill(app.owner.password);
  await page.keyboard.press('Enter');
  await expect(page.getByText(secret, { exact: true })).toBeVisible();
});

test('K-42 Copy puts exactly the secret on the clipboard, shown or not', async ({ app, page, signIn }) => {
  const { secret } = app.key('Nightly report', { role: 'Manager' });
  await openKeys(app, page, signIn);
  const read = () => page.evaluate(() => navigator.clipboard.readText());
  await page.getByRole('button', { name: 'Copy Nightly report' }).click();
  await expect(page.getByText('Copied').first()).toBeVisible();
  expect(await read()).toBe(secret);
  await expect(page.getByText(SECRET)).toHaveCount(0);
  await page.evaluate(() => navigator.clipboard.writeText(''));
  await page.getByRole('button', { name: 'Show Nightly report' }).click();
  await page.getByText(SECRET).waitFor();
  await page.getByRole('button', { name: 'Copy Nightly report' }).click();
  await expect.poll(read).toBe(secret);
});

test('K-43 Delete asks first: Cancel keeps the key, Delete removes it and its secret ends', async ({ app, page, signIn }) => {
  const { secret } = app.key('Nightly report', { role: 'Manager' });
  expect((await app.rest('Product', secret)).status).toBe(200);
  await openKeys(app, page, signIn);
  await page.getByRole('button', { name: 'Delete Nightly report' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('Nightly report');
  await expect(dialog).toContainText('It was last used');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(dialog).toBeHidden();
  expect((await app.rest('Product', secret)).status).toBe(200);
  await page.getByRole('button', { name: 'Delete Nightly report' }).click();
  await dialog.getByRole('button', { name: 'Delete', exact: true }).click();
  await expect(card(page, 'Nightly report')).toHaveCount(0);
  await expect(page.getByText('Nothing to show here')).toBeVisible();
  expect((await app.rest('Product', secret)).status).toBe(401);
});

test('K-44 Edit opens the dialog with the current values', async ({ app, page, signIn }) => {
  const { id } = app.key('Nightly report', { role: 'Employee', expires: dayFromNow(40), hosts: ['192.0.2.10', '2001:db8:5::/48'] });
  await openKeys(app, page, signIn);
  await page.getByRole('button', { name: 'Edit Nightly report' }).click();
  const dialog = page.getByRole('dialog', { name: 'Edit API key' });
  await expect(dialog.getByLabel('Description')).toHaveValue('Nightly report');
  await expect(dialog.getByRole('combobox', { name: 'API Type', exact: true })).toHaveValue('Standard');
  await expect(dialog.getByRole('combobox', { name: 'Role', exact: true })).toHaveValue('Employee');
  await expect(dialog.getByLabel('Expiration date')).toHaveValue(dayFromNow(40));
  await expect(dialog.getByLabel('IP address 1')).toHaveValue('192.0.2.10');
  await expect(dialog.getByLabel('IP address 2')).toHaveValue('2001:db8:5::/48');
  await expect(page).toHaveURL(new RegExp(`edit=${id}`));
  await page.reload();
  await expect(dialog.getByLabel('Description')).toHaveValue('Nightly report');
});

test('K-45 an edit keeps secret and ID, sends only what changed, and acts at once', async ({ app, page, signIn }) => {
  const { id, secret } = app.key('Nightly report', { role: 'Manager' });
  await openKeys(app, page, signIn);
  // Chromium shows the body of such a request only to who stands in its way.
  const sent: unknown[] = [];
  await page.route(`**/console/api/keys/${id}`, async (route) => {
    if (route.request().method() === 'PATCH') sent.push(route.request().postDataJSON());
    await route.continue();
  });
  await page.getByRole('button', { name: 'Edit Nightly report' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Add IP address' }).click();
  await dialog.getByLabel('IP address 1').fill('192.0.2.77');
  await dialog.getByRole('button', { name: 'Submit' }).click();
  await expect(dialog).toBeHidden();
  expect(sent).toEqual([{ allowedHosts: ['192.0.2.77'] }]);
  await expect(card(page, 'Nightly report')).toContainText('192.0.2.77');
  expect((await app.rest('Product', secret)).status).toBe(403);
  await page.getByRole('button', { name: 'Edit Nightly report' }).click();
  await dialog.getByLabel('IP address 1').fill('127.0.0.1');
  await dialog.getByLabel('Description').fill('Report of the night');
  await dialog.getByRole('button', { name: 'Submit' }).click();
  await expect(card(page, 'Report of the night')).toBeVisible();
  expect((await app.rest('Product', secret)).status).toBe(200);
  expect(app.cli(['keys', 'show', id])).toMatchObject({ id, description: 'Report of the night' });
});

test('K-45, O-10 emptying the host list asks first', async ({ app, page, signIn }) => {
  const { id } = app.key('Nightly report', { role: 'Manager', hosts: ['192.0.2.1'] });
  await openKeys(app, page, signIn, '');
  await page.getByRole('button', { name: 'Edit Nightly report' }).click();
  await page.getByRole('button', { name: 'Remove address 1' }).click();
  await page.getByRole('button', { name: 'Submit' }).click();
  const question = page.getByRole('dialog', { name: 'This opens the key further' });
  await question.getByRole('button', { name: 'Cancel' }).click();
  expect(app.cli(['keys', 'show', id])).toMatchObject({ allowedHosts: ['192.0.2.1'] });
  await page.getByRole('button', { name: 'Submit' }).click();
  await question.getByRole('button', { name: 'Open to every host' }).click();
  await expect(card(page, 'Nightly report').locator('dl > div').filter({ hasText: 'Allowed hosts' }).locator('dd')).toHaveText('All');
  expect(app.cli(['keys', 'show', id])).toMatchObject({ allowedHosts: [] });
});

test('K-45, O-4 changing to Administration asks first', async ({ app, page, signIn }) => {
  const { id } = app.key('Nightly report', { role: 'Manager' });
  await openKeys(app, page, signIn);
  await page.getByRole('button', { name: 'Edit Nightly report' }).click();
  await choose(page.getByRole('dialog'), 'API Type', 'Administration');
  await page.getByRole('button', { name: 'Submit' }).click();
  await page.getByRole('button', { name: 'Make it Administration' }).click();
  await expect(card(page, 'Nightly report').getByText('ADMINISTRATION', { exact: true })).toBeVisible();
  expect(app.cli(['keys', 'show', id])).toMatchObject({ type: 'administration', role: null });
});

test('K-48 create, reveal, edit, delete write one audit line each, without a secret', async ({ app, page, signIn }) => {
  const dialog = await openNew(app, page, signIn);
  await dialog.getByLabel('Description').fill('Audited');
  const secret = await submitNew(dialog);
  await page.getByRole('button', { name: 'Show Audited' }).click();
  await page.getByText(SECRET).waitFor();
  await page.getByRole('button', { name: 'Edit Audited' }).click();
  await dialog.getByLabel('Description').fill('Audited twice');
  await dialog.getByRole('button', { name: 'Submit' }).click();
  await page.getByRole('button', { name: 'Delete Audited twice' }).click();
  await dialog.getByRole('button', { name: 'Delete', exact: true }).click();
  await expect(page.getByText('Nothing to show here')).toBeVisible();
  const text = await page.evaluate(async () => (await fetch('api/audit?limit=20')).text());
  expect(text).not.toContain(secret);
  const lines = (JSON.parse(text) as Line[]).filter((line) => line.actor === app.owner.email && line.keyId !== null);
  expect(lines.map((line) => line.action).reverse()).toEqual(['create', 'reveal', 'edit', 'delete']);
  expect(lines.every((line) => line.address === '127.0.0.1')).toBe(true);
  expect(new Set(lines.map((line) => line.keyId)).size).toBe(1);
  expect(lines.find((line) => line.action === 'edit')?.fields).toEqual(['description']);
});

test('O-5 Regenerate with an overlap: both secrets work, the new one is shown', async ({ app, page, signIn }) => {
  const { secret } = app.key('Nightly report', { role: 'Manager' });
  await openKeys(app, page, signIn);
  await page.getByRole('button', { name: 'Regenerate Nightly report' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('24 hours').check();
  await dialog.getByRole('button', { name: 'Regenerate', exact: true }).click();
  const made = await dialog.getByText(/^claviger_\w{49}$/).innerText();
  await expect(dialog.getByText('The old secret works for 24 more hours.')).toBeVisible();
  await dialog.getByRole('button', { name: 'Done' }).click();
  expect(made).not.toBe(secret);
  for (const each of [made, secret]) expect((await app.rest('Product', each)).status).toBe(200);
  await page.getByRole('button', { name: 'Regenerate Nightly report' }).click();
  await dialog.getByRole('button', { name: 'Regenerate', exact: true }).click();
  const last = await dialog.getByText(/^claviger_\w{49}$/).innerText();
  expect((await app.rest('Product', last)).status).toBe(200);
  expect((await app.rest('Product', made)).status).toBe(401);
});

test.describe('with reveal off', () => {
  test.beforeEach(async ({ app }) => {
    app.write('claviger.toml', `${app.read('claviger.toml')}\n[keys]\nreveal = "off"\n`);
    await app.restart();
  });

  test('the show button is replaced by an explanation', async ({ app, page, signIn }) => {
    app.key('Nightly report', { role: 'Manager' });
    await openKeys(app, page, signIn);
    await expect(page.getByRole('button', { name: 'Show Nightly report' })).toHaveCount(0);
    await page.getByText('shown once only').hover();
    await expect(page.getByRole('tooltip')).toContainText('The server keeps no copy of secrets');
  });

  test('a secret that was not copied is not lost by a slip', async ({ app, page, signIn }) => {
    const dialog = await openNew(app, page, signIn);
    await dialog.getByLabel('Description').fill('Once');
    await dialog.getByRole('button', { name: 'Submit' }).click();
    await dialog.getByText(/^claviger_\w{49}$/).waitFor();
    await page.keyboard.press('Escape');
    await expect(dialog.getByText('The secret is not copied yet')).toBeVisible();
    await dialog.getByRole('button', { name: 'Secret to clipboard' }).click();
    await page.keyboard.press('Escape');
    await expect(dialog).toBeHidden();
  });
});

test('a viewer sees the keys and no button of theirs', async ({ app, page, signIn }) => {
  app.key('Nightly report', { role: 'Manager' });
  await signIn(app.viewer);
  await page.goto(`${app.console}/keys?new=true`);
  await expect(card(page, 'Nightly report')).toContainText('*'.repeat(16));
  await expect(page.getByRole('button', { name: /New API key|Nightly report/ })).toHaveCount(0);
  await expect(page.getByRole('dialog')).toHaveCount(0);
});

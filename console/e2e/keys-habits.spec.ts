/** Many keys, keyboard, slow and failing servers, two tabs, a session that ends, accessibility of the dialogs. */
import { expectAccessible } from './accessibility';
import { expect, test } from './fixtures';
import { card, choose, openKeys, openNew } from './keysPage';

test('search, filter, sort, layout: in the address and on the page', async ({ app, page, signIn }) => {
  app.key('Warehouse sync', { role: 'Employee', expires: '7d' });
  app.key('Nightly report', { role: 'Manager' });
  app.key('Component developer', { type: 'administration' });
  await openKeys(app, page, signIn);
  const titles = page.getByRole('heading', { level: 2 });
  await expect(page.getByText('1 key expires within 14 days.')).toBeVisible();
  await page.getByRole('link', { name: 'See it' }).click();
  await expect(titles).toHaveText(['Warehouse sync']);
  await expect(page).toHaveURL(/state=expiresSoon/);
  await expect(card(page, 'Warehouse sync').getByText('Expires soon', { exact: true })).toBeVisible();
  await page.getByRole('button', { name: /^All/ }).click();
  await page.getByLabel('Search', { exact: true }).fill('night');
  await expect(titles).toHaveText(['Nightly report']);
  await page.getByLabel('Search', { exact: true }).fill('nothing like this');
  await expect(page.getByText('No key matches')).toBeVisible();
  await page.getByRole('button', { name: 'Clear search and filter' }).click();
  await expect(titles).toHaveCount(3);
  await choose(page.locator('main'), 'Order', 'By description');
  await expect(titles).toHaveText(['Component developer', 'Nightly report', 'Warehouse sync']);
  await page.getByRole('button', { name: 'Filter', exact: true }).click();
  await page.getByRole('combobox', { name: 'Role' }).click();
  await page.getByRole('option', { name: 'Employee', exact: true }).click();
  await expect(titles).toHaveText(['Warehouse sync']);
  await page.keyboard.press('Escape');
  await page.reload();
  await expect(titles).toHaveText(['Warehouse sync']);
  await page.getByText('Table', { exact: true }).click();
  await expect(page.getByRole('rowheader')).toContainText('Warehouse sync');
  await page.goto(`${app.console}/keys`);
  await expect(page.getByRole('row')).toHaveCount(4);
  await expectAccessible(page);
});

test('a role that is no longer declared is marked', async ({ app, page, signIn }) => {
  app.key('Orphan', { role: 'Employee' });
  app.write('roles.json', app.read('roles.json').replace('"role": "Employee"', '"role": "Clerk"'));
  await app.restart();
  await openKeys(app, page, signIn);
  await expect(card(page, 'Orphan').getByText('Role missing', { exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'Edit Orphan' }).click();
  await expect(page.getByText('This role is not declared any more')).toBeVisible();
});

test('3,000 keys: pages of 50, quick to search', async ({ app, page, signIn }) => {
  test.setTimeout(180_000);
  await signIn();
  await page.goto(`${app.console}/keys`);
  await page.evaluate(async () => {
    const { csrfToken } = (await (await fetch('api/session')).json()) as { csrfToken: string };
    const headers = { 'x-csrf-token': csrfToken };
    let next = 0;
    const work = async () => {
      while (next < 3000) {
        next += 1;
        await fetch('api/keys', { method: 'POST', headers, body: JSON.stringify({ description: `Key ${next}`, role: 'Employee' }) });
      }
    };
    await Promise.all([work(), work(), work(), work()]);
  });
  await page.goto(`${app.console}/keys?sort=created&order=asc`);
  await expect(page.getByRole('article')).toHaveCount(50);
  await expect(page.getByText('1 to 50 of 3,000 keys')).toBeVisible();
  const begun = Date.now();
  await page.getByRole('button', { name: 'Next page' }).click();
  await expect(page.getByText('51 to 100 of 3,000 keys')).toBeVisible();
  await expect(page).toHaveURL(/page=2/);
  await page.getByLabel('Search', { exact: true }).fill('Key 2999');
  await expect(page.getByRole('article')).toHaveCount(1);
  await expect(page).not.toHaveURL(/page=/);
  // Two pages, on a machine that does other things too.
  expect(Date.now() - begun).toBeLessThan(10_000);
});

test('keyboard only: sign in, make a key, show it, delete it', async ({ app, page }) => {
  await page.goto(`${app.console}/`);
  await page.getByLabel('Email').waitFor();
  await page.keyboard.type(app.owner.email);
  await page.keyboard.press('Tab');
  await page.keyboard.type(app.owner.password);
  await page.keyboard.press('Enter');
  await page.getByText('Nothing to show here').waitFor();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to the content' })).toBeFocused();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: 'New API key' })).toBeFocused();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByLabel('Description')).toBeFocused();
  await page.keyboard.type('By keyboard');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await expect(dialog.getByRole('combobox', { name: 'Role', exact: true })).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await expect(dialog.getByRole('combobox', { name: 'Role', exact: true })).toHaveValue('Manager');
  await expect(dialog.getByLabel('Expiration date')).toBeFocused();
  await dialog.getByLabel('Description').focus();
  await page.keyboard.press('Enter');
  await expect(dialog.getByRole('button', { name: 'Secret to clipboard' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(page.getByRole('button', { name: 'New API key' })).toBeFocused();
  await page.getByRole('button', { name: 'Show By keyboard' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByText(/claviger_\w{49}/)).toBeVisible();
  await page.getByRole('button', { name: 'Delete By keyboard' }).focus();
  await page.keyboard.press('Enter');
  await expect(dialog.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(page.getByText('Nothing to show here')).toBeVisible();
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`axe finds nothing in the dialogs, ${colorScheme}`, async ({ app, page, signIn }) => {
    app.key('Nightly report', { role: 'Manager', expires: '5d' });
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const dialog = await openNew(app, page, signIn);
    await choose(dialog, 'API Type', 'Administration');
    await dialog.getByRole('button', { name: 'Add IP address' }).click();
    await dialog.getByRole('button', { name: 'Submit' }).click();
    await expectAccessible(page);
    await dialog.getByLabel('Description').fill('New');
    await dialog.getByRole('button', { name: 'Remove address 1' }).click();
    await dialog.getByRole('button', { name: 'Submit' }).click();
    await dialog.getByRole('button', { name: 'Done' }).waitFor();
    await expectAccessible(page);
    await dialog.getByRole('button', { name: 'Done' }).click();
    for (const verb of ['Delete', 'Regenerate']) {
      await page.getByRole('button', { name: `${verb} Nightly report` }).click();
      await expectAccessible(page);
      await dialog.getByRole('button', { name: 'Cancel' }).click();
      await expect(dialog).toBeHidden();
    }
    await page.getByRole('button', { name: 'Show Nightly report' }).click();
    await page.getByText(/claviger_\w{49}/).waitFor();
    await page.getByRole('button', { name: 'Filter', exact: true }).click();
    await expectAccessible(page);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Delete Nightly report' }).click();
    await dialog.getByRole('button', { name: 'Delete', exact: true }).click();
    await expect(page.getByText('“Nightly report” is deleted.')).toBeVisible();
    await expectAccessible(page);
  });
}

test('a failing server: nothing typed is lost, Try again works', async ({ app, page, signIn }) => {
  const dialog = await openNew(app, page, signIn);
  await dialog.getByLabel('Description').fill('Stubborn');
  let failures = 1;
  await page.route('**/console/api/keys', async (route) => {
    if (route.request().method() !== 'POST' || failures === 0) return route.fallback();
    failures -= 1;
    return route.fulfill({ status: 500, contentType: 'text/html', body: 'oops' });
  });
  await dialog.getByRole('button', { name: 'Submit' }).click();
  await expect(dialog.getByRole('alert')).toContainText('The key was not made');
  await expect(dialog.getByLabel('Description')).toHaveValue('Stubborn');
  await dialog.getByRole('button', { name: 'Try again' }).click();
  await dialog.getByRole('button', { name: 'Done' }).click();
  await expect(card(page, 'Stubborn')).toBeVisible();
});

test('a list that cannot be loaded offers to try again', async ({ app, page, signIn }) => {
  app.key('Nightly report', { role: 'Manager' });
  await signIn();
  await page.route('**/console/api/keys?*', (route) => route.abort());
  await page.goto(`${app.console}/keys`);
  await expect(page.getByText('The keys could not be loaded')).toBeVisible();
  await page.unroute('**/console/api/keys?*');
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(card(page, 'Nightly report')).toBeVisible();
});

test('a slow server: the frame of the page is there at once, and does not move when the list comes', async ({ app, page, signIn }) => {
  app.key('Nightly report', { role: 'Manager' });
  await signIn();
  await page.route('**/console/api/keys**', async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await route.continue();
  });
  await page.goto(`${app.console}/keys`);
  const search = page.getByLabel('Search', { exact: true });
  await expect(page.getByText(app.url)).toBeVisible();
  await expect(page.getByRole('button', { name: 'New API key' })).toBeVisible();
  const before = await search.boundingBox();
  await expect(card(page, 'Nightly report')).toBeVisible();
  expect(await search.boundingBox()).toEqual(before);
});

test('two tabs edit one key: the second learns of it and loses nothing', async ({ app, context, page, signIn }) => {
  app.key('Nightly report', { role: 'Employee' });
  await openKeys(app, page, signIn);
  const other = await context.newPage();
  await other.goto(`${app.console}/keys`);
  for (const tab of [page, other]) await tab.getByRole('button', { name: 'Edit Nightly report' }).click();
  await choose(page.getByRole('dialog'), 'Role', 'Manager');
  await page.getByRole('dialog').getByRole('button', { name: 'Submit' }).click();
  await expect(page.getByRole('dialog')).toBeHidden();
  const dialog = other.getByRole('dialog');
  await dialog.getByLabel('Description').fill('Mine');
  await dialog.getByRole('button', { name: 'Submit' }).click();
  await expect(dialog.getByText('Somebody else changed this key meanwhile')).toBeVisible();
  await expect(dialog.getByLabel('Description')).toHaveValue('Mine');
  await dialog.getByRole('button', { name: 'Load current values' }).click();
  await expect(dialog.getByRole('combobox', { name: 'Role', exact: true })).toHaveValue('Manager');
  await expect(dialog.getByText('You had: Mine')).toBeVisible();
  await expect(dialog.getByText('You had:')).toHaveCount(1);
  await expectAccessible(other);
  await dialog.getByRole('button', { name: 'Use this' }).first().click();
  await dialog.getByRole('button', { name: 'Submit' }).click();
  await expect(dialog).toBeHidden();
  await expect(card(other, 'Mine').locator('dl > div').filter({ hasText: 'Role' })).toContainText('Manager');
});

test('a session that ends while typing: sign in over the page, then it is saved', async ({ app, context, page, signIn }) => {
  const dialog = await openNew(app, page, signIn);
  await dialog.getByLabel('Description').fill('Typed for long');
  await context.clearCookies();
  await dialog.getByRole('button', { name: 'Submit' }).click();
  const again = page.getByRole('dialog', { name: 'Sign in again' });
  await expect(again).toContainText(app.owner.email);
  await again.getByLabel('Password').fill(app.owner.password);
  await again.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'Done' }).click();
  await expect(card(page, 'Typed for long')).toBeVisible();
});

test('on a phone the navigation is a drawer', async ({ app, page, signIn }) => {
  app.key('Nightly report', { role: 'Manager' });
  await page.setViewportSize({ width: 360, height: 740 });
  await openKeys(app, page, signIn);
  await page.getByRole('button', { name: 'Menu', exact: true }).click();
  await page.getByRole('dialog').getByRole('link', { name: 'Audit', exact: true }).click();
  await expect(page).toHaveURL(/\/console\/audit/);
  await expect(page.getByRole('dialog')).toBeHidden();
});

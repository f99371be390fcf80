/** The API keys tab: endpoint, list, empty state (K-10 to K-17, K-46, K-47). */
import { expect, test } from './fixtures';
import { card, openKeys } from './keysPage';

test.describe('the tab', () => {
  test('K-10 a tab named API keys, reachable by URL, marked as current', async ({ app, page, signIn }) => {
    await signIn();
    await page.goto(`${app.console}/keys`);
    await expect(page.getByRole('heading', { name: 'API management', level: 1 })).toBeVisible();
    await expect(page.getByRole('link', { name: 'API keys', exact: true })).toHaveAttribute('aria-current', 'page');
    await expect(page).toHaveTitle('API keys · shop · Claviger');
  });

  test('K-11 the box shows the endpoint', async ({ app, page, signIn }) => {
    await openKeys(app, page, signIn);
    const box = page.getByRole('region', { name: 'API endpoint' });
    await expect(box).toContainText(`API Endpoint :${app.url}`);
    await expect(box).toContainText('Derived');
  });

  test('K-12 every stored key appears once, titled by its description', async ({ app, page, signIn }) => {
    for (const name of ['Nightly report', 'Warehouse sync', 'Twins', 'Twins']) app.key(name, { role: 'Manager' });
    await openKeys(app, page, signIn);
    await expect(page.getByRole('article')).toHaveCount(4);
    await expect(page.getByRole('heading', { level: 2 })).toHaveText(['Twins', 'Twins', 'Warehouse sync', 'Nightly report']);
  });

  test('K-13 without a key: endpoint, button, and "Nothing to show here"', async ({ app, page, signIn }) => {
    await openKeys(app, page, signIn);
    await expect(page.getByText('Nothing to show here')).toBeVisible();
    await expect(page.getByText(app.url)).toBeVisible();
    await expect(page.getByRole('button', { name: 'New API key' })).toBeVisible();
    await expect(page.getByRole('article')).toHaveCount(0);
  });

  test('K-14 the copy button beside the endpoint copies exactly the URL', async ({ app, page, signIn }) => {
    app.key('Nightly report', { role: 'Manager' });
    await openKeys(app, page, signIn);
    await page.getByRole('button', { name: /^Copy/ }).first().click();
    await expect(page.getByText('Copied').first()).toBeVisible();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(app.url);
  });

  test('K-15 the button New API key opens the dialog', async ({ app, page, signIn }) => {
    await openKeys(app, page, signIn);
    await page.getByRole('button', { name: 'New API key' }).click();
    await expect(page.getByRole('dialog', { name: 'New API key' })).toBeVisible();
    await expect(page).toHaveURL(/new=true/);
  });

  test('K-16 without sign-in the page goes to the sign-in page and the API answers 401', async ({ app, page }) => {
    await page.goto(`${app.console}/keys?state=expired`);
    await expect(page).toHaveURL(/\/console\/sign-in\?to=/);
    expect((await fetch(`${app.console}/api/keys`)).status).toBe(401);
    await page.getByLabel('Email').fill(app.owner.email);
    await page.getByLabel('Password').fill(app.owner.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page).toHaveURL(/\/console\/keys\?state=expired$/);
  });

  test('K-17 a card shows every line, and the last use after a request', async ({ app, page, signIn }) => {
    const { secret } = app.key('Nightly report', { role: 'Manager', expires: '2027-03-31', hosts: ['127.0.0.1', '2001:db8:5::/48'] });
    await openKeys(app, page, signIn);
    const shown = card(page, 'Nightly report');
    await expect(shown.getByText('STANDARD')).toBeVisible();
    for (const [line, value] of [
      ['Created by', 'command line'],
      ['Role', 'Manager'],
      ['Allowed hosts', '127.0.0.1, 2001:db8:5::/48'],
      ['Last used date', 'Never'],
      ['Last used ip', ''],
      ['API key', '*'.repeat(16)],
    ] as const) {
      await expect(shown.locator('dl > div').filter({ hasText: line })).toContainText(line + value);
    }
    await expect(shown.locator('time[datetime="2027-03-31"]')).toHaveText('31 Mar 2027');
    expect((await app.rest('Product', secret)).status).toBe(200);
    // The page asks again by itself.
    await expect(shown.locator('dl > div').filter({ hasText: 'Last used ip' })).toContainText('127.0.0.1', { timeout: 40_000 });
    await expect(shown.locator('dl > div').filter({ hasText: 'Last used date' })).not.toContainText('Never');
  });
});

test('K-46 neither the page nor the list carries secrets', async ({ app, page, signIn }) => {
  const { secret } = app.key('Nightly report', { role: 'Manager' });
  await signIn();
  const bodies: Promise<string>[] = [];
  page.on('response', (response) => bodies.push(response.text().catch(() => '')));
  await page.goto(`${app.console}/keys`);
  await expect(card(page, 'Nightly report')).toContainText('****************');
  await page.waitForLoadState('networkidle');
  const texts = [await page.content(), ...(await Promise.all(bodies))];
  for (const text of texts) {
    expect(text).not.toContain(secret);
    expect(text).not.toContain('"secret"');
  }
});

test('K-47 expired keys stay listed, marked, until they get a new date', async ({ app, page, signIn }) => {
  app.key('Old one', { role: 'Manager', expires: '3d' });
  await app.restart('+10d');
  await openKeys(app, page, signIn);
  await expect(card(page, 'Old one').getByText('Expired', { exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'Edit Old one' }).click();
  const dialog = page.getByRole('dialog');
  const latest = await dialog.getByLabel('Expiration date').getAttribute('max');
  await dialog.getByLabel('Expiration date').fill(latest ?? '');
  await dialog.getByRole('button', { name: 'Submit' }).click();
  await expect(card(page, 'Old one').getByText('Active', { exact: true })).toBeVisible();
});

test.describe('with public_url', () => {
  test.use({ application: { settings: 'public_url = "https://api.example.org"' } });

  test('K-11 a configured endpoint is shown unchanged', async ({ app, page, signIn }) => {
    await openKeys(app, page, signIn);
    const box = page.getByRole('region', { name: 'API endpoint' });
    await expect(box).toContainText('API Endpoint :https://api.example.org');
    await expect(box).not.toContainText('Derived');
  });
});

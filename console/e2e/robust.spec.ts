/** Proxies, path prefixes, a slow server, a broken one, a session that is over: nothing typed is lost, nothing is done twice. */
import type { Page } from '@playwright/test';

import { expect, test } from './fixtures';
import { Proxy } from './proxy';

const proxied = test.extend<{ edge: Proxy }>({
  application: { settings: 'trusted_proxies = ["127.0.0.1"]' },
  edge: async ({ app }, use) => {
    const edge = await Proxy.start(app, '/tools/keys');
    await use(edge);
    await edge.end();
  },
});

async function signInThroughThePage(page: Page, email: string, password: string): Promise<void> {
  await page.getByLabel('Email', { exact: true }).fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'API management' })).toBeVisible();
}

proxied('behind a prefix everything works, deep links and reloads too', async ({ app, page, edge }) => {
  const key = app.key('Nightly report', { role: 'Manager' });
  await page.goto(`${edge.url}/`);
  await expect(page).toHaveURL(new RegExp(`^${edge.url}/console/sign-in`));
  await signInThroughThePage(page, app.owner.email, app.owner.password);
  await expect(page).toHaveURL(new RegExp(`^${edge.url}/console/keys`));
  // The endpoint is what a client outside has to use.
  await page.getByRole('button', { name: /^Copy/ }).first().click();
  await expect(page.getByText('Copied').first()).toBeVisible();
  const endpoint = await page.evaluate(() => navigator.clipboard.readText());
  expect(endpoint).toBe(edge.url);
  const answer = await fetch(`${endpoint}/rest/$catalog`, { headers: { 'api-key': key.secret } });
  expect(answer.status).toBe(200);
  for (const path of ['roles?role=Employee', 'audit', 'keys?state=expired']) {
    await page.goto(`${edge.url}/console/${path}`);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await page.reload();
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  }
});

proxied('behind a prefix, what is copied and downloaded has the prefix too', async ({ app, page, edge }) => {
  const { id } = app.key('Nightly report', { role: 'Manager' });
  await page.goto(`${edge.url}/console/keys`);
  await signInThroughThePage(page, app.owner.email, app.owner.password);
  await page.goto(`${edge.url}/console/try?key=${id}&path=/rest/Product`);
  await expect(page.getByRole('region', { name: 'Request as curl' })).toContainText(`'${edge.url}/rest/Product'`);
  await page.getByText('Postman', { exact: true }).click();
  await expect(page.getByRole('region', { name: 'Request as Postman' })).toContainText(`"value": "${edge.url}"`);
  await page.goto(`${edge.url}/console/audit`);
  await expect(page.getByRole('link', { name: 'Export CSV' })).toHaveAttribute('href', new RegExp(`^${edge.url}/console/api/audit/export`));
});

proxied('a save that fails keeps what was typed, and saves once when it works again', async ({ app, page, edge }) => {
  await page.goto(`${edge.url}/console/keys`);
  await signInThroughThePage(page, app.owner.email, app.owner.password);
  await page.getByRole('button', { name: 'New API key', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Description', { exact: true }).fill('Typed with care');
  await dialog.getByLabel('Expiration date', { exact: true }).fill(new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10));
  for (const fate of ['fail', 'cut'] as const) {
    edge.changes = fate;
    await dialog.getByRole('button', { name: 'Submit', exact: true }).click();
    await expect(dialog.getByRole('alert').first()).toBeVisible();
    await expect(dialog.getByLabel('Description', { exact: true })).toHaveValue('Typed with care');
  }
  // Its answer was lost: it may have been made, so that trying again is not offered as if it had not.
  await expect(dialog.getByRole('alert')).toContainText('It is not known whether the key was made');
  await expect(dialog.getByRole('button', { name: 'Try again' })).toHaveCount(0);
  edge.changes = 'pass';
  edge.delay = 700;
  // Impatience: pressed again while the first press is on its way.
  const submit = dialog.getByRole('button', { name: 'Submit', exact: true });
  await submit.click();
  await submit.click({ timeout: 500 }).catch(() => undefined);
  await expect(dialog.getByText(/^claviger_\w{49}$/).first()).toBeVisible();
  edge.delay = 0;
  expect(edge.passed.filter((call) => call.endsWith('/keys'))).toEqual(['POST /console/api/keys']);
});

proxied('a list that cannot be read says so and can be tried again', async ({ app, page, edge }) => {
  app.key('Nightly report', { role: 'Manager' });
  await page.goto(`${edge.url}/console/keys`);
  await signInThroughThePage(page, app.owner.email, app.owner.password);
  await expect(page.getByText('Nightly report').first()).toBeVisible();
  edge.reads = 'fail';
  await page.getByRole('link', { name: 'Audit', exact: true }).click();
  await expect(page.getByRole('button', { name: 'Try again' }).first()).toBeVisible();
  edge.reads = 'pass';
  await page.getByRole('button', { name: 'Try again' }).first().click();
  await expect(page.getByRole('table')).toBeVisible();
});

proxied('a slow server moves nothing about', async ({ app, page, edge }) => {
  for (const number of [1, 2, 3]) app.key(`Report ${number}`, { role: 'Manager' });
  await page.goto(`${edge.url}/console/keys`);
  await signInThroughThePage(page, app.owner.email, app.owner.password);
  await expect(page.getByText('Report 1').first()).toBeVisible();
  edge.delay = 400;
  await page.reload();
  await expect(page.getByText('Report 1').first()).toBeVisible();
  // What is above the list stands where it stood while the list was on its way.
  const shift = await page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        let sum = 0;
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) sum += (entry as unknown as { value: number }).value;
        }).observe({ type: 'layout-shift', buffered: true });
        setTimeout(() => resolve(sum), 200);
      }),
  );
  expect(shift).toBeLessThan(0.1);
});

proxied('where the answer was lost, nobody says that nothing happened', async ({ app, page, edge }) => {
  const { id } = app.key('Nightly report', { role: 'Manager' });
  await page.goto(`${edge.url}/console/keys`);
  await signInThroughThePage(page, app.owner.email, app.owner.password);
  const alert = page.getByRole('alert');
  await page.goto(`${edge.url}/console/try?key=${id}&method=POST&path=/rest/Product?$method=update`);
  await expect(page.getByRole('button', { name: 'Run' })).toBeVisible();
  edge.changes = 'cut';
  await page.getByRole('button', { name: 'Run' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Run' }).click();
  await expect(page.getByRole('dialog')).toBeHidden();
  await expect(alert).toContainText('It is not known whether it ran');
  await expect(page.getByRole('button', { name: 'Try again' })).toHaveCount(0);
  await page.getByLabel('URL', { exact: true }).fill('/rest/Product');
  await page.getByRole('combobox', { name: 'Method' }).click();
  await page.getByRole('option', { name: 'GET' }).click();
  await page.getByRole('button', { name: 'Run' }).click();
  await expect(page.getByRole('button', { name: 'Try again' })).toBeVisible();
  await page.goto(`${edge.url}/console/keys`);
  await page.getByRole('button', { name: 'Regenerate Nightly report' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Regenerate' }).click();
  await expect(alert).toContainText('It is not known whether a new secret was made');
  await expect(page.getByRole('button', { name: 'Try again' })).toHaveCount(0);
  await page.goto(`${edge.url}/console/users?new=true`);
  await page.getByLabel('Email').fill('nora@example.org');
  await page.getByRole('button', { name: 'Generate' }).click();
  await page.getByRole('button', { name: 'Create user' }).click();
  await expect(alert).toContainText('It is not known whether the user was made');
  await expect(page.getByRole('button', { name: 'Try again' })).toHaveCount(0);
});

test('a session that ends meanwhile is begun again over the page, and the work goes on', async ({ app, page, signIn }) => {
  await signIn();
  await page.goto(`${app.console}/keys`);
  await page.getByRole('button', { name: 'New API key', exact: true }).click();
  await page.getByRole('dialog').getByLabel('Description', { exact: true }).fill('Half done');
  await page.context().clearCookies();
  await page.getByRole('dialog').getByRole('button', { name: 'Submit', exact: true }).click();
  const again = page.getByRole('dialog').filter({ has: page.getByRole('button', { name: 'Sign in', exact: true }) });
  await expect(again).toContainText(app.owner.email);
  await again.getByLabel('Password', { exact: true }).fill(app.owner.password);
  await again.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page.getByText(/^claviger_\w{49}$/).first()).toBeVisible();
});

test('a console without its server says so', async ({ app, page, signIn }) => {
  await signIn();
  await page.goto(`${app.console}/keys`);
  await expect(page.getByRole('heading', { name: 'API management' })).toBeVisible();
  await app.stop();
  await page.getByRole('link', { name: 'Audit', exact: true }).click();
  await expect(page.getByRole('button', { name: 'Try again' }).first()).toBeVisible();
  await app.restart();
  await page.getByRole('button', { name: 'Try again' }).first().click();
  await expect(page.getByRole('table')).toBeVisible();
});

/** Usage: totals, charts with their tables, and what lies behind them. */
import { expectAccessible } from './accessibility';
import { expect, test } from './fixtures';
import { pickKey } from './pick';

test('requests of all keys and of one, as charts and as tables', async ({ app, page, signIn }) => {
  const report = app.key('Nightly report', { role: 'Employee' });
  const nobody = app.key('Warehouse sync', { role: 'Nobody' });
  for (const path of ['Product', 'Product(1)', 'Supplier']) expect((await app.rest(path, report.secret)).status).toBe(200);
  expect((await app.rest('Product', nobody.secret)).status).toBe(401);
  await signIn(app.viewer);
  await page.goto(`${app.console}/usage`);
  await expect(page.getByRole('img', { name: /^Requests from .*Let through: at most/ })).toBeVisible();
  await expect(page.getByRole('table', { name: 'Refusals by reason' })).toContainText('No permission');
  await expect(page.getByRole('table', { name: 'Most used dataclasses' })).toContainText('Product');
  await expect(page.getByRole('table', { name: 'Last addresses' })).toContainText('127.0.0.1');
  await expect(page.getByRole('table', { name: 'Most used keys' }).getByRole('link', { name: 'Nightly report', exact: true })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Requests: show as table' }).click();
  await expect(page.getByRole('region', { name: 'Requests, as a table' }).getByRole('row')).toHaveCount(61);
  await page.getByRole('link', { name: 'Usage of Nightly report' }).click();
  await expect(page).toHaveURL(new RegExp(`key=${report.id}`));
  await expect(page.getByText('Nothing was refused.')).toBeVisible();
  await expect(page.getByRole('definition').first()).toHaveText('3');
  await page.getByText('Last 30 days').click();
  await expect(page).toHaveURL(/period=month/);
  await expect(page.getByRole('region', { name: 'Requests, as a table' }).getByRole('row')).toHaveCount(31);
  await expect(page.getByRole('definition').first()).toHaveText('3');
  await pickKey(page, 'Warehouse sync');
  await expect(page.getByRole('definition').first()).toHaveText('1');
  await page.getByRole('button', { name: 'Clear key' }).click();
  await expect(page).not.toHaveURL(/key=/);
});

test.describe('without requests', () => {
  test.use({ application: { isEmpty: true } });
  test('says that there were none', async ({ app, page, signIn }) => {
    await signIn();
    await page.goto(`${app.console}/usage`);
    await expect(page.getByText('No requests in this time')).toBeVisible();
    await expectAccessible(page);
  });
});

test('the charts come only with this page', async ({ app, page, signIn }) => {
  const loaded: string[] = [];
  page.on('request', (request) => loaded.push(request.url()));
  await signIn();
  await page.goto(`${app.console}/keys`);
  await page.waitForLoadState('networkidle');
  expect(loaded.filter((url) => url.includes('Plot'))).toEqual([]);
  await page.getByRole('link', { name: 'Usage', exact: true }).click();
  await expect(page.getByRole('img', { name: /^Requests from/ })).toBeVisible();
  expect(loaded.filter((url) => url.includes('Plot')).length).toBeGreaterThan(0);
});

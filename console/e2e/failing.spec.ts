/** A page whose data cannot be had says so where it would stand, and gets it when it is asked again. */
import { expectAccessible } from './accessibility';
import { expect, test } from './fixtures';

const PAGES = [
  { path: 'roles', calls: /\/api\/(roles|administration)/, then: 'Employee' },
  { path: 'access?tab=refused', calls: /\/api\/refusals/, then: 'No request was refused' },
  { path: 'access?role=Employee&path=/rest/Product', calls: /\/api\/explain/, then: 'Rules that were asked' },
  { path: 'usage', calls: /\/api\/usage/, then: 'Requests' },
  { path: 'audit', calls: /\/api\/audit/, then: 'Signed in' },
  { path: 'users', calls: /\/api\/users/, then: 'max@example.org' },
];

for (const { path, calls, then } of PAGES) {
  test(`${path}: a failing server, then one that works`, async ({ app, page, signIn }) => {
    await signIn();
    let broken = true;
    await page.route(calls, (route) => (broken ? route.fulfill({ status: 500, body: 'no' }) : route.fallback()));
    await page.goto(`${app.console}/${path}`);
    const again = page.getByRole('button', { name: 'Try again' });
    await expect(again.first()).toBeVisible();
    await expectAccessible(page);
    broken = false;
    for (let left = await again.count(); left > 0; left -= 1) await again.first().click();
    await expect(again).toHaveCount(0);
    await expect(page.getByText(then).first()).toBeVisible();
  });
}

test('Try it: what was typed stays when the run fails', async ({ app, page, signIn }) => {
  const { id } = app.key('Nightly report', { role: 'Manager' });
  await signIn();
  await page.route(/\/api\/try$/, (route) => route.abort());
  await page.goto(`${app.console}/try?key=${id}`);
  await page.getByRole('combobox', { name: 'Dataclass', exact: true }).click();
  await page.getByRole('option', { name: 'Product', exact: true }).click();
  await page.getByLabel('Filter', { exact: true }).fill('price > 5');
  await page.getByRole('button', { name: 'Run' }).click();
  await expect(page.getByText('The server cannot be reached.')).toBeVisible();
  await expect(page.getByLabel('Filter', { exact: true })).toHaveValue('price > 5');
  await page.unroute(/\/api\/try$/);
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByRole('region', { name: 'Answer' }).getByRole('status')).toContainText('200');
});

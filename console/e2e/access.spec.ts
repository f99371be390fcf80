/** Access check: would this request be allowed, and why was that one refused. */
import { expectAccessible } from './accessibility';
import { expect, test } from './fixtures';
import { pick, pickKey } from './pick';

test('a key: allowed, with what is left out, and a link that asks again', async ({ app, page, signIn }) => {
  app.key('Nightly report', { role: 'Employee' });
  await signIn(app.viewer);
  await page.goto(`${app.console}/access`);
  await page.getByRole('button', { name: 'Check access' }).click();
  await expect(page.getByText('Choose a key.')).toBeVisible();
  await pickKey(page, 'Nightly report');
  await expect(page.getByText('Choose a key.')).toHaveCount(0);
  await page.getByLabel('Path').fill('/rest/Product');
  await page.getByRole('button', { name: 'Check access' }).click();
  await expect(page.getByRole('heading', { name: 'Allowed' })).toBeVisible();
  await expect(page.getByRole('table', { name: 'Rules that were asked' })).toContainText('permissions.allowed[1].read');
  const leftOut = page.getByRole('table', { name: 'Left out of the answer' });
  await expect(leftOut).toContainText('Product.price');
  await expect(leftOut).toContainText('permissions.allowed[3].read');
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Copy link to this check' }).click();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  await page.goto('about:blank');
  await page.goto(link);
  await expect(page.getByRole('heading', { name: 'Allowed' })).toBeVisible();
  await expect(page.getByLabel('Path')).toHaveValue('/rest/Product');
  await expect(page.getByRole('combobox', { name: 'Key' })).toHaveValue('Nightly report');
});

test('a role: refused, by which rule', async ({ app, page, signIn }) => {
  await signIn();
  await page.goto(`${app.console}/access`);
  await page.getByText('A role', { exact: true }).click();
  await pick(page, 'Role', 'Nobody');
  await page.getByLabel('Path').fill('/rest/Product');
  await page.getByRole('button', { name: 'Check access' }).click();
  await expect(page.getByRole('heading', { name: 'Refused: status 401' })).toBeVisible();
  await expect(page.getByText('No permission to read for the Product dataclass')).toBeVisible();
  await expectAccessible(page);
});

test('address, time and body belong to the question', async ({ app, page, signIn }) => {
  const { id } = app.key('Nightly report', { role: 'Manager', hosts: ['192.0.2.10'], expires: '30d' });
  await signIn();
  await page.goto(`${app.console}/access?key=${id}&path=/rest/Product`);
  await expect(page.getByRole('heading', { name: 'Allowed' })).toBeVisible();
  await page.getByLabel('Address').fill('192.0.2.11');
  await page.getByRole('button', { name: 'Check access' }).click();
  await expect(page.getByRole('heading', { name: 'Refused: status 403' })).toBeVisible();
  await page.getByLabel('Address').fill('192.0.2.10');
  const later = new Date(Date.now() + 90 * 86_400_000).toISOString().slice(0, 16);
  await page.getByLabel('Time').fill(later);
  await page.getByRole('button', { name: 'Check access' }).click();
  await expect(page.getByRole('heading', { name: 'Refused: status 401' })).toBeVisible();
  await expect(page.getByText('Api-key expired')).toBeVisible();
  await page.getByLabel('Address').fill('no address');
  await page.getByRole('button', { name: 'Check access' }).click();
  await expect(page.getByLabel('Address')).toHaveAttribute('aria-invalid', 'true');
  await page.goBack();
  await expect(page.getByLabel('Address')).toHaveValue('192.0.2.10');
  await page.getByLabel('Address').fill('');
  await page.getByLabel('Time').fill('');
  await page.getByRole('group', { name: /^Examples/ }).getByRole('button', { name: 'Create' }).click();
  await page.getByLabel('Body').fill('{ "name": "Stool" }');
  await page.getByRole('button', { name: 'Check access' }).click();
  await expect(page.getByRole('table', { name: 'Rules that were asked' })).toContainText('permissions.allowed[1].create');
  // The body is data: not in the address, but there after a reload.
  expect(page.url()).not.toMatch(/body|Stool/);
  await expect(page.getByText('The link leaves the body out.')).toBeVisible();
  await page.reload();
  await expect(page.getByLabel('Body')).toHaveValue('{ "name": "Stool" }');
  await page.getByLabel('Body').fill('{ "name": "Bench" }');
  // Chromium shows the body of such a request only to who stands in its way.
  const asked: (string | null)[] = [];
  await page.route('**/console/api/explain', async (route) => {
    asked.push(route.request().postData());
    await route.continue();
  });
  await page.getByRole('button', { name: 'Check access' }).click();
  await expect.poll(() => asked.join()).toContain('Bench');
});

test('why a request was refused, by its ID and from the list', async ({ app, page, signIn }) => {
  const { id, secret } = app.key('Nightly report', { role: 'Nobody' });
  const answer = await app.rest('Product(1)', secret);
  expect(answer.status).toBe(401);
  const requestId = answer.headers.get('x-request-id') ?? '';
  await app.rest('Product', 'claviger_wrong');
  await signIn(app.viewer);
  await page.goto(`${app.console}/access?tab=refused`);
  await page.getByLabel('Request ID').fill(requestId);
  await page.getByRole('button', { name: 'Look up' }).click();
  await expect(page).toHaveURL(new RegExp(`id=${requestId}`));
  await expect(page.getByRole('heading', { name: 'No permission: status 401' })).toBeVisible();
  await expect(page.getByRole('link', { name: id }).first()).toBeVisible();
  await expect(page.getByRole('table', { name: 'Rules that refused' })).toContainText('permissions.allowed[1].read');
  await expectAccessible(page);
  const recent = page.getByRole('table', { name: 'Recent refusals' });
  await expect(recent).toContainText('Unknown or deleted key');
  await recent.getByRole('button', { name: 'GET /rest/Product', exact: true }).first().click();
  await expect(page.getByRole('heading', { name: 'Unknown or deleted key: status 401' })).toBeVisible();
  await page.getByLabel('Request ID').fill('nothing-of-this-kind');
  await page.getByRole('button', { name: 'Look up' }).click();
  await expect(page.getByText('No refusal has this ID')).toBeVisible();
  await expect(page.getByText(/kept for 24 hours, requests that succeeded/)).toBeVisible();
});

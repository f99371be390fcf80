/** Audit: who did what, filtered by the address, as a file. */
import { readFileSync } from 'node:fs';

import { expectAccessible } from './accessibility';
import { expect, test } from './fixtures';
import { pick, pickKey } from './pick';

test('says in words who did what, newest first, and leads to the key', async ({ app, page, signIn }) => {
  const { id } = app.key('Nightly report', { role: 'Manager' });
  app.cli(['keys', 'edit', id, '--role', 'Employee']);
  await signIn();
  await page.goto(`${app.console}/audit`);
  const rows = page.getByRole('table', { name: 'Audit log' }).getByRole('row');
  await expect(rows.nth(1)).toContainText('olga@example.org');
  await expect(rows.nth(1)).toContainText('Signed in');
  await expect(rows.nth(2)).toContainText('Edited a key');
  await expect(rows.nth(2)).toContainText('role');
  await expect(rows.nth(3)).toContainText('Created a key');
  await expect(rows.nth(3)).toContainText('expiration date');
  await rows.nth(2).getByRole('link', { name: id }).click();
  await expect(page).toHaveURL(new RegExp(`/keys\\?q=${id}`));
  await expect(page.getByText('Nightly report').first()).toBeVisible();
});

test('the filter is in the address and opens again with it', async ({ app, page, signIn }) => {
  const { id } = app.key('Nightly report', { role: 'Manager' });
  app.key('Warehouse sync', { role: 'Employee' });
  await signIn();
  await page.goto(`${app.console}/audit`);
  const table = page.getByRole('table', { name: 'Audit log' });
  await pick(page, 'Action', 'Created a key');
  await expect(page).toHaveURL(/action=create/);
  await expect(table.getByText('Signed in')).toHaveCount(0);
  await pickKey(page, 'Nightly report');
  await expect(table.getByRole('row')).toHaveCount(2);
  await page.reload();
  await expect(table.getByRole('row')).toHaveCount(2);
  await expect(table).toContainText(id);
  await expect(page.getByRole('combobox', { name: 'Key' })).toHaveValue('Nightly report');
  await expectAccessible(page);
  await page.getByLabel('From (UTC)').fill('2020-01-01');
  await page.getByLabel('To (UTC)').fill('2020-01-31');
  await expect(page.getByText('No line fits the filter')).toBeVisible();
  await page.getByRole('button', { name: 'Clear filter' }).first().click();
  await expect(table.getByText('Signed in').first()).toBeVisible();
  await expect(page).toHaveURL(/\/audit$/);
  await page.getByLabel('Text').fill('sign-in');
  await expect(page).toHaveURL(/q=sign-in/);
  await expect(table.getByText('Created a key')).toHaveCount(0);
});

test('exports what the filter lets through, as CSV and as JSON lines', async ({ app, page, signIn }) => {
  const { id } = app.key('Nightly report', { role: 'Manager' });
  await signIn();
  await page.goto(`${app.console}/audit?action=create&key=${id}`);
  for (const [name, file] of [
    ['Export CSV', 'audit.csv'],
    ['Export JSON lines', 'audit.jsonl'],
  ] as const) {
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name }).click()]);
    const text = readFileSync(await download.path(), 'utf8');
    expect(download.suggestedFilename()).toContain(file.slice(file.indexOf('.')));
    expect(text).toContain(id);
    expect(text).not.toContain('sign-in');
    expect(text).not.toContain('claviger_');
  }
});

test('more than a page is loaded on demand', async ({ app, page, signIn }) => {
  test.setTimeout(90_000);
  await signIn();
  // Failed sign-ins would be slowed down; edits are the quickest lines to make.
  const { id } = app.key('Nightly report', { role: 'Manager' });
  const { csrfToken } = (await (await page.request.get(`${app.console}/api/session`)).json()) as { csrfToken: string };
  for (let number = 0; number < 110; number += 1) {
    const answer = await page.request.patch(`${app.console}/api/keys/${id}`, {
      headers: { origin: app.url, 'x-csrf-token': csrfToken },
      data: { description: `Report ${String(number)}` },
    });
    expect(answer.ok()).toBe(true);
  }
  await page.goto(`${app.console}/audit`);
  await expect(page.getByText('100 lines shown, there are more')).toBeVisible();
  await page.getByRole('button', { name: 'Load more' }).click();
  await expect(page.getByText(/that is all/)).toBeVisible();
  await expect(page.getByRole('row').last()).toContainText('command line');
});

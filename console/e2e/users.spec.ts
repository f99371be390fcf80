/** Users: owners make, change and remove people; the last owner stays. */
import { expectAccessible } from './accessibility';
import type { App, Person } from './app';
import { expect, test } from './fixtures';
import { pick } from './pick';

const PASSWORD = 'a new and long password';

/** True when these may sign in. */
async function maySignIn(app: App, { email, password }: Person): Promise<boolean> {
  const answer = await fetch(`${app.console}/api/session`, {
    method: 'POST',
    headers: { origin: app.url, 'content-type': 'application/json' },
    body: JSON.stringify({ email, password }),
  });
  return answer.ok;
}

test.beforeEach(async ({ app, page, signIn }) => {
  await signIn();
  await page.goto(`${app.console}/users`);
  await expect(page.getByRole('row', { name: /olga@example.org/ })).toContainText('You');
});

test('lists people with role and last sign-in, and explains the roles', async ({ page }) => {
  await expect(page.getByRole('row', { name: /max@example.org/ })).toContainText('Manager');
  await expect(page.getByRole('row', { name: /vera@example.org/ })).toContainText('Never');
  const guide = page.getByRole('region', { name: 'The three roles' });
  for (const role of ['Viewer', 'Manager', 'Owner']) await expect(guide.getByText(role, { exact: true })).toBeVisible();
});

test('a new user, with a generated password that is copied', async ({ app, page }) => {
  await page.getByRole('button', { name: 'New user' }).click();
  await expect(page).toHaveURL(/new=true/);
  const dialog = page.getByRole('dialog', { name: 'New user' });
  await dialog.getByRole('button', { name: 'Create user' }).click();
  await expect(dialog.getByLabel('Email')).toHaveAttribute('aria-invalid', 'true');
  await expect(dialog.getByLabel('Password', { exact: true })).toHaveAttribute('aria-invalid', 'true');
  await dialog.getByLabel('Email').fill('nora@example.org');
  await pick(page, 'Role', 'Manager');
  await dialog.getByRole('button', { name: 'Generate' }).click();
  await dialog.getByRole('button', { name: 'Copy the password' }).click();
  const password = await page.evaluate(() => navigator.clipboard.readText());
  expect(password).toMatch(/^(\w{5}-){3}\w{5}$/);
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Create user' }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole('row', { name: /nora@example.org/ })).toContainText('Manager');
  expect(await maySignIn(app, { email: 'nora@example.org', password })).toBe(true);
});

test('two passwords that differ, and an address that is taken, are told at their fields', async ({ page }) => {
  await page.getByRole('button', { name: 'New user' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Email').fill('max@example.org');
  await dialog.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await dialog.getByLabel('Password again').fill('another one');
  await dialog.getByRole('button', { name: 'Create user' }).click();
  await expect(dialog.getByText('The two passwords differ.')).toBeVisible();
  await dialog.getByLabel('Password again').fill(PASSWORD);
  await dialog.getByRole('button', { name: 'Create user' }).click();
  await expect(dialog.getByLabel('Email')).toHaveAttribute('aria-invalid', 'true');
  await expect(dialog.getByLabel('Email')).toHaveValue('max@example.org');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(page).not.toHaveURL(/new/);
});

test('a changed role and a set password', async ({ app, page }) => {
  await page.getByRole('button', { name: 'Change role: vera@example.org' }).click();
  await pick(page, 'Role', 'Manager');
  await page.getByRole('dialog').getByRole('button', { name: 'Change role' }).click();
  await expect(page.getByRole('row', { name: /vera@example.org/ })).toContainText('Manager');
  await page.getByRole('button', { name: 'Set password: vera@example.org' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await dialog.getByLabel('Password again').fill(PASSWORD);
  await dialog.getByRole('button', { name: 'Set password' }).click();
  await expect(dialog).toBeHidden();
  expect(await maySignIn(app, app.viewer)).toBe(false);
  expect(await maySignIn(app, { ...app.viewer, password: PASSWORD })).toBe(true);
});

test('deleting asks first', async ({ page }) => {
  await page.getByRole('button', { name: 'Delete: max@example.org' }).click();
  const dialog = page.getByRole('dialog', { name: 'Delete max@example.org?' });
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByRole('row', { name: /max@example.org/ })).toBeVisible();
  await page.getByRole('button', { name: 'Delete: max@example.org' }).click();
  await dialog.getByRole('button', { name: 'Delete', exact: true }).click();
  await expect(page.getByRole('row', { name: /max@example.org/ })).toHaveCount(0);
});

test('the last owner can neither be removed nor become something else', async ({ page }) => {
  await page.getByRole('button', { name: 'Delete: olga@example.org' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Delete', exact: true }).click();
  await expect(dialog.getByRole('alert')).toContainText('owner');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('button', { name: 'Change role: olga@example.org' }).click();
  await pick(page, 'Role', 'Viewer');
  await page.getByRole('dialog').getByRole('button', { name: 'Change role' }).click();
  await expect(page.getByRole('dialog').getByRole('alert')).toContainText('owner');
});

test('others see that the page is not for them', async ({ app, page, signIn }) => {
  await page.context().clearCookies();
  await signIn(app.viewer);
  await page.goto(`${app.console}/users`);
  await expect(page.getByText('Only owners manage users')).toBeVisible();
  await expect(page.getByRole('table')).toHaveCount(0);
});

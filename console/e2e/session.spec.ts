/** Sign-in, first run, sign-out, change of password. */
import { expectAccessible } from './accessibility';
import { expect, test } from './fixtures';

test('sign-in: what is missing or wrong is said, then one is where one wanted to go', async ({ app, page }) => {
  await page.goto(`${app.console}/audit`);
  await expect(page).toHaveTitle('Sign in · Claviger');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByText('Give your e-mail address.')).toBeVisible();
  await expect(page.getByLabel('Email')).toBeFocused();
  await expect(page.getByLabel('Email')).toHaveAttribute('aria-invalid', 'true');
  await page.getByLabel('Email').fill(app.owner.email);
  await page.getByLabel('Password').fill('wrong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toContainText('E-mail or password is wrong.');
  await expect(page.getByLabel('Email')).toHaveValue(app.owner.email);
  await expectAccessible(page);
  await page.getByLabel('Password').fill(app.owner.password);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/console\/audit$/);
});

test('sign-in: after too many failures the page says how long to wait', async ({ app, page }) => {
  await page.goto(`${app.console}/sign-in`);
  await page.getByLabel('Email').fill(app.owner.email);
  for (let attempt = 0; attempt < 6; attempt += 1) {
    await page.getByLabel('Password').fill(`wrong ${attempt}`);
    const answer = page.waitForResponse((response) => response.request().method() === 'POST');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await answer;
  }
  await expect(page.getByRole('alert')).toContainText(/Try again in 1[45] minutes\./);
});

test('sign-out ends the session and leaves nothing behind', async ({ app, page, signIn }) => {
  await signIn();
  await page.goto(`${app.console}/keys`);
  await page.getByRole('button', { name: 'Account' }).click();
  await expect(page.getByText(app.owner.email)).toBeVisible();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible();
  expect(await page.evaluate(async () => (await fetch('api/keys')).status)).toBe(401);
  await page.goto(`${app.console}/keys`);
  await expect(page).toHaveURL(/sign-in/);
});

test('change of password: the old one must be right, the new one is typed twice', async ({ app, page, signIn }) => {
  await signIn();
  await page.goto(`${app.console}/keys`);
  await page.getByRole('button', { name: 'Account' }).click();
  await page.getByRole('menuitem', { name: 'Change password' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Password now').fill('wrong');
  await dialog.getByLabel('New password', { exact: true }).fill('short');
  await dialog.getByLabel('New password again').fill('other');
  await dialog.getByRole('button', { name: 'Change password' }).click();
  await expect(dialog.getByText('A password has 8 to 256 characters.')).toBeVisible();
  await expect(dialog.getByText('The two passwords differ.')).toBeVisible();
  await dialog.getByLabel('New password', { exact: true }).fill('a better password');
  await dialog.getByLabel('New password again').fill('a better password');
  await dialog.getByRole('button', { name: 'Change password' }).click();
  await expect(dialog.getByText('The password is wrong.')).toBeVisible();
  await expectAccessible(page);
  await dialog.getByLabel('Password now').fill(app.owner.password);
  await dialog.getByRole('button', { name: 'Change password' }).click();
  await expect(dialog).toBeHidden();
  // The session goes on with its new cookie and token.
  await page.getByRole('button', { name: 'New API key' }).click();
  await dialog.getByLabel('Description').fill('After the change');
  await dialog.getByRole('button', { name: 'Submit' }).click();
  await dialog.getByRole('button', { name: 'Done' }).click();
  await signIn({ email: app.owner.email, password: 'a better password' });
});

test('a link to a page that does not exist is answered by a page', async ({ app, page, signIn }) => {
  await signIn();
  await page.goto(`${app.console}/keys`);
  await page.evaluate(() => {
    history.pushState(null, '', 'nothing-here');
    dispatchEvent(new PopStateEvent('popstate'));
  });
  await expect(page.getByText('There is no such page')).toBeVisible();
  await page.getByRole('link', { name: 'Go to the API keys' }).click();
  await expect(page.getByRole('heading', { name: 'API management' })).toBeVisible();
});

test('colours follow the system until something else is chosen', async ({ app, page, signIn }) => {
  await page.emulateMedia({ colorScheme: 'dark' });
  await signIn();
  await page.goto(`${app.console}/keys`);
  const html = page.locator('html');
  await expect(html).toHaveAttribute('data-mantine-color-scheme', 'dark');
  await page.getByRole('button', { name: 'Colour scheme' }).click();
  await page.getByRole('menuitemradio', { name: 'Light' }).click();
  await expect(html).toHaveAttribute('data-mantine-color-scheme', 'light');
  await page.reload();
  await expect(html).toHaveAttribute('data-mantine-color-scheme', 'light');
});

test.describe('first run', () => {
  test.use({ application: { isFresh: true, isEmpty: true } });

  test('makes the owner with the code from the log', async ({ app, page }) => {
    await page.goto(`${app.console}/`);
    await expect(page).toHaveURL(/\/console\/first-run$/);
    await page.getByRole('button', { name: 'Create owner' }).click();
    await expect(page.getByText('Give the code from the log.')).toBeVisible();
    await expectAccessible(page);
    await page.getByLabel('One-time code').fill('0123456789');
    await page.getByLabel('Email').fill('first@example.org');
    await page.getByLabel('Password', { exact: true }).fill('correct horse');
    await page.getByLabel('Password again').fill('correct horses');
    await page.getByRole('button', { name: 'Create owner' }).click();
    await expect(page.getByText('The two passwords differ.')).toBeVisible();
    await page.getByLabel('Password again').fill('correct horse');
    await page.getByRole('button', { name: 'Create owner' }).click();
    await expect(page.getByText("The code is not the one in the server's log.")).toBeVisible();
    await expect(page.getByLabel('Password', { exact: true })).toHaveValue('correct horse');
    await page.getByLabel('One-time code').fill(app.code);
    await page.getByRole('button', { name: 'Create owner' }).click();
    await expect(page.getByText('Nothing to show here')).toBeVisible();
    expect(app.cli(['users', 'list'])).toMatchObject([{ email: 'first@example.org', role: 'owner' }]);
  });
});

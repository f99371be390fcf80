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

test('a sign-out that failed is told, and nobody is taken for signed out', async ({ app, page, signIn }) => {
  await signIn();
  await page.goto(`${app.console}/keys`);
  const session = '**/console/api/session';
  await page.route(session, (route) => (route.request().method() === 'DELETE' ? route.abort() : route.fallback()));
  await page.getByRole('button', { name: 'Account' }).click();
  await expect(page.getByText(/^Claviger \d+\.\d+\.\d+/)).toBeVisible();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(page.getByText('You are still signed in')).toBeVisible();
  await expect(page).toHaveURL(/keys/);
  await page.unroute(session);
  await page.getByRole('button', { name: 'Account' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(page).toHaveURL(/sign-in/);
});

test('when another person signs in in another tab, nothing is sent in that name', async ({ app, page, signIn }) => {
  await signIn();
  await page.goto(`${app.console}/keys`);
  await page.getByRole('button', { name: 'New API key' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Description').fill('Made by nobody');
  await signIn(app.manager);
  await dialog.getByRole('button', { name: 'Submit' }).click();
  await expect(page).toHaveURL(/sign-in\?other=true/);
  await expect(page.getByText('Another person has signed in', { exact: false })).toBeVisible();
  expect(app.cli(['keys', 'list'])).toEqual([]);
  await page.getByLabel('Email').fill(app.owner.email);
  await page.getByLabel('Password').fill(app.owner.password);
  await page.keyboard.press('Enter');
  await expect(page.getByText('Nothing to show here')).toBeVisible();
});

test('the same person may sign in anew in another tab', async ({ app, page, signIn }) => {
  await signIn();
  await page.goto(`${app.console}/keys`);
  await page.getByRole('button', { name: 'New API key' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Description').fill('Goes on');
  await signIn();
  await dialog.getByRole('button', { name: 'Submit' }).click();
  await expect(dialog.getByText(/^claviger_\w{49}$/)).toBeVisible();
});

test('a confirmation whose session is over meanwhile signs in first, then goes on', async ({ app, page, signIn }) => {
  app.key('Nightly report', { role: 'Manager' });
  await signIn();
  await page.goto(`${app.console}/keys`);
  // As after the minute.
  let isStale = true;
  await page.route('**/reveal', (route) => {
    if (!isStale) return route.fallback();
    isStale = false;
    const type = '/console/problems/confirm-required';
    return route.fulfill({ status: 403, contentType: 'application/problem+json', body: JSON.stringify({ type, title: '', status: 403, detail: '' }) });
  });
  await page.getByRole('button', { name: 'Show Nightly report' }).click();
  const confirm = page.getByRole('dialog', { name: 'Confirm your password' });
  await confirm.getByLabel('Password').fill(app.owner.password);
  await page.context().clearCookies();
  await confirm.getByRole('button', { name: 'Confirm' }).click();
  const again = page.getByRole('dialog', { name: 'Sign in again' });
  await again.getByLabel('Password').fill(app.owner.password);
  await again.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByText(/^claviger_\w{49}$/)).toBeVisible();
  await expect(confirm).toBeHidden();
});

test('Escape closes the upper dialog only: what was typed below it stays', async ({ app, page, signIn }) => {
  await signIn();
  await page.goto(`${app.console}/keys`);
  await page.getByRole('button', { name: 'New API key' }).click();
  const below = page.getByRole('dialog', { name: 'New API key' });
  await below.getByLabel('Description').fill('Typed with care');
  await page.context().clearCookies();
  await below.getByRole('button', { name: 'Submit' }).click();
  const again = page.getByRole('dialog', { name: 'Sign in again' });
  await expect(again.getByLabel('Password')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(again).toBeHidden();
  await expect(below.getByLabel('Description')).toHaveValue('Typed with care');
  await page.keyboard.press('Escape');
  await expect(below).toBeHidden();
});

test('a page that nobody touches asks for nothing after five minutes', async ({ app, page, signIn }) => {
  await page.clock.install();
  await signIn();
  await page.goto(`${app.console}/keys`);
  await expect(page.getByText('Nothing to show here')).toBeVisible();
  let calls = 0;
  page.on('request', (request) => {
    if (request.url().includes('/console/api/')) calls += 1;
  });
  await page.clock.runFor('01:00');
  expect(calls).toBeGreaterThan(0);
  await page.clock.runFor('05:00');
  calls = 0;
  await page.clock.runFor('10:00');
  expect(calls).toBe(0);
  await page.mouse.move(200, 200);
  await expect
    .poll(async () => {
      await page.clock.runFor('00:30');
      return calls;
    })
    .toBeGreaterThan(0);
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

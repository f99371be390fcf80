/** What holds on every page: reached by its link, marked as current, reloaded in place, accessible, no wider than the window. */
import { expectAccessible } from './accessibility';
import { expect, test } from './fixtures';

const PAGES = [
  { link: 'API keys', path: 'keys' },
  { link: 'Roles & privileges', path: 'roles' },
  { link: 'Access check', path: 'access' },
  { link: 'Usage', path: 'usage' },
  { link: 'Try it', path: 'try' },
  { link: 'Audit', path: 'audit' },
  { link: 'Users', path: 'users' },
];

for (const { link, path } of PAGES) {
  test(`${link}: by its link, by its address, and marked as current`, async ({ app, page, signIn }) => {
    app.key('Nightly report', { role: 'Manager' });
    await signIn();
    await page.goto(`${app.console}/`);
    const navigation = page.getByRole('navigation').getByRole('link', { name: link, exact: true });
    await navigation.click();
    await expect(page).toHaveURL(new RegExp(`/console/${path}(\\?.*)?$`));
    await expect(navigation).toHaveAttribute('aria-current', 'page');
    await expect(page).toHaveTitle(/ · shop · Claviger$/);
    await page.reload();
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    test(`${link}: axe finds nothing, ${colorScheme}`, async ({ app, page, signIn }) => {
      app.key('Nightly report', { role: 'Manager' });
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await signIn();
      await page.goto(`${app.console}/${path}`);
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      await page.waitForLoadState('networkidle');
      await expectAccessible(page);
    });
  }

  for (const width of [360, 1440]) {
    test(`${link}: ${width} px are enough`, async ({ app, page, signIn }) => {
      app.key('A description that is as long as two hundred characters may be, '.repeat(3).slice(0, 200), { role: 'Manager', hosts: ['2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff'] });
      await page.setViewportSize({ width, height: 800 });
      await signIn();
      await page.goto(`${app.console}/${path}`);
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      await page.waitForLoadState('networkidle');
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      expect(wide).toBeLessThanOrEqual(0);
    });
  }
}

test('Users is for owners only', async ({ app, page, signIn }) => {
  await signIn(app.manager);
  await page.goto(`${app.console}/keys`);
  await expect(page.getByRole('link', { name: 'Audit', exact: true })).toBeVisible();
  await expect(page.getByRole('link', { name: 'Users', exact: true })).toHaveCount(0);
});

test('the first load is small', async ({ app, page, signIn }) => {
  await signIn();
  let bytes = 0;
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  session.on('Network.loadingFinished', ({ encodedDataLength }) => (bytes += encodedDataLength));
  await page.goto(`${app.console}/keys`);
  await expect(page.getByRole('heading', { name: 'API management' })).toBeVisible();
  await page.waitForLoadState('networkidle');
  expect(bytes).toBeGreaterThan(50_000);
  expect(bytes).toBeLessThan(350_000);
});

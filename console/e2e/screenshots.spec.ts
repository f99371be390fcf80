/** Pictures of every page for a reviewer, in `console/screenshots/` (not committed): `npm run screenshots`. */
import { test } from './fixtures';

const PAGES = ['sign-in', 'keys', 'keys-table', 'roles?role=Employee', 'access', 'usage', 'try', 'audit', 'users'];

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [360, 1440]) {
    test(`pages, ${colorScheme}, ${width} px`, async ({ app, page, signIn }) => {
      test.setTimeout(120_000);
      const { secret } = app.key('Nightly report', { role: 'Manager', hosts: ['127.0.0.1', '2001:db8:5::/48'] });
      app.key('Warehouse sync', { role: 'Employee', expires: '7d' });
      app.key('Migration scripts', { type: 'administration' });
      for (const path of ['Product', 'Supplier?$top=1', 'Product(1)', 'Nothing']) await app.rest(path, secret);
      await app.rest('Product', 'claviger_wrong');
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.setViewportSize({ width, height: 900 });
      for (const path of PAGES) {
        if (path === 'keys') await signIn();
        // The table is a choice remembered in the browser, not a part of the address.
        const isTable = path === 'keys-table';
        if (isTable) await page.evaluate(() => localStorage.setItem('claviger-keys-view', 'table'));
        await page.goto(`${app.console}/${isTable ? 'keys' : path}`);
        await page.getByRole('heading', { level: 1 }).waitFor();
        await page.waitForLoadState('networkidle');
        const name = path.replace(/\W+/g, '-');
        await page.screenshot({ path: `screenshots/${name}-${colorScheme}-${width}.png`, fullPage: true });
        if (isTable) await page.evaluate(() => localStorage.removeItem('claviger-keys-view'));
      }
      await page.goto(`${app.console}/keys`);
      await page.getByRole('button', { name: 'New API key' }).click();
      await page.getByRole('dialog').waitFor();
      await page.screenshot({ path: `screenshots/new-api-key-${colorScheme}-${width}.png` });
    });
  }
}

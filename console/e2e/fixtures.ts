/**
 * What every browser test stands on: an application folder of its own, served by the release binary on a free port, and a browser that
 * notices each violation of the content security policy, each uncaught error and each request that leaves the machine.
 */
import { test as base, expect, type Page } from '@playwright/test';

import { App, type Options, type Person } from './app';
import { serveFromDist } from './fromDist';

interface Fixtures {
  /** `test.use({ application: { settings: '…' } })` changes the application. */
  application: Options;
  app: App;
  /** Signs in without the page (the sign-in page has tests of its own), so that the next `goto` is inside. */
  signIn: (person?: Person, page?: Page) => Promise<void>;
  /** Fails a test whose pages broke a promise that holds everywhere. */
  promises: undefined;
}

export const test = base.extend<Fixtures>({
  application: [{}, { option: true }],

  app: async ({ application }, use) => {
    const app = await App.start(application);
    await use(app);
    await app.end();
  },

  signIn: async ({ app, page }, use) => {
    await use(async (person = app.owner, on = page) => {
      const answer = await on.request.post(`${app.console}/api/session`, {
        headers: { origin: app.url },
        data: { email: person.email, password: person.password },
      });
      expect(answer.status(), await answer.text()).toBe(200);
    });
  },

  promises: [
    async ({ context }, use) => {
      const broken: string[] = [];
      const watch = (page: Page) => {
        page.on('pageerror', (error) => broken.push(`uncaught error: ${error.message}`));
        page.on('console', (message) => {
          if (message.text().includes('Content Security Policy')) broken.push(message.text());
          if (message.text().includes('claviger_') && !message.text().includes('claviger_console')) broken.push('a secret in the console');
        });
        page.on('request', (request) => {
          const url = new URL(request.url());
          if (!['127.0.0.1', 'localhost'].includes(url.hostname) && !['data:', 'blob:'].includes(url.protocol)) {
            broken.push(`a request to ${url.host}`);
          }
        });
      };
      if (process.env['E2E_DIST'] !== undefined) await serveFromDist(context);
      context.on('page', watch);
      context.pages().forEach(watch);
      await use(undefined);
      expect(broken).toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };

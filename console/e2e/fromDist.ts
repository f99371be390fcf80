/**
 * With `E2E_DIST=1` pages and files come from `dist` as it is now, instead of from the binary: so that a change of a page is tried without
 * building the program again. The management API stays the binary's.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { BrowserContext } from '@playwright/test';

const dist = join(dirname(fileURLToPath(import.meta.url)), '../dist');
const TYPES: Record<string, string> = { '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };

export async function serveFromDist(context: BrowserContext): Promise<void> {
  await context.route(/\/console\/(?!api\/)[^?]*(\?.*)?$/, async (route) => {
    const name = new URL(route.request().url()).pathname.split('/console/')[1] ?? '';
    const file = join(dist, name);
    if (name.includes('.') && existsSync(file)) {
      await route.fulfill({ body: readFileSync(file), contentType: TYPES[extname(name)] ?? 'application/octet-stream' });
      return;
    }
    const policy =
      "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-fromdist'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
    const page = readFileSync(join(dist, 'index.html'), 'utf8').replaceAll('__CSP_NONCE__', 'fromdist');
    await route.fulfill({ body: page, contentType: 'text/html; charset=utf-8', headers: { 'content-security-policy': policy } });
  });
}

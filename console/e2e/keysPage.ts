/** What the tests of the API keys page share. */
import type { Locator, Page } from '@playwright/test';

import type { App, Person } from './app';
import { expect } from './fixtures';

type SignIn = (person?: Person, page?: Page) => Promise<void>;

/** Signs in and shows the page, with its list. */
export async function openKeys(app: App, page: Page, signIn: SignIn, search = ''): Promise<void> {
  await signIn();
  await page.goto(`${app.console}/keys${search}`);
  await expect(page.getByRole('heading', { name: 'API management' })).toBeVisible();
  await expect(page.getByText(/Nothing to show here|No key matches|\d keys?$/).first()).toBeVisible();
}

/** The card of a key. */
export function card(page: Page, description: string): Locator {
  return page.getByRole('article', { name: description, exact: true });
}

/** Opens the dialog for a new key. */
export async function openNew(app: App, page: Page, signIn: SignIn): Promise<Locator> {
  await openKeys(app, page, signIn);
  await page.getByRole('button', { name: 'New API key' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByLabel('Description')).toBeVisible();
  return dialog;
}

/** Chooses an option of a combobox. */
export async function choose(dialog: Locator, field: string, option: string): Promise<void> {
  await dialog.getByRole('combobox', { name: field, exact: true }).click();
  await dialog.page().getByRole('option', { name: option, exact: true }).click();
}

/** Submits a new key; answers with the secret that is shown, and closes the dialog. */
export async function submitNew(dialog: Locator): Promise<string> {
  await dialog.getByRole('button', { name: 'Submit' }).click();
  const secret = await dialog.getByText(/^claviger_\w{49}$/).innerText();
  await dialog.getByRole('button', { name: 'Done' }).click();
  await expect(dialog).toBeHidden();
  return secret;
}

/** `YYYY-MM-DD` so many days from today, UTC. */
export function dayFromNow(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
}

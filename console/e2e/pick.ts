/** Choosing in fields with a list. */
import type { Locator, Page } from '@playwright/test';

/** Chooses a key by a part of its name, which is typed. */
export async function pickKey(page: Page, description: string, within: Page | Locator = page): Promise<void> {
  const field = within.getByRole('combobox', { name: 'Key', exact: true });
  await field.click();
  await field.fill(description);
  await page.getByRole('option', { name: description }).first().click();
}

/** Chooses an option of a list. */
export async function pick(page: Page, field: string, option: string): Promise<void> {
  await page.getByRole('combobox', { name: field, exact: true }).click();
  await page.getByRole('option', { name: option, exact: true }).click();
}

/** Roles & privileges: the permission review, which rule decided, and reloading the file. */
import { expectAccessible } from './accessibility';
import { expect, test } from './fixtures';
import { pick } from './pick';

test('chooses a role, and shows its privileges and what it reaches', async ({ app, page, signIn }) => {
  await signIn(app.viewer);
  await page.goto(`${app.console}/roles`);
  const roles = page.getByRole('navigation', { name: 'Roles' });
  await expect(roles.getByRole('button', { name: /^Employee.*reads 2 of 3 dataclasses, changes none, deletes none/ })).toBeVisible();
  await roles.getByRole('button', { name: /^Employee/ }).click();
  await expect(page).toHaveURL(/role=Employee/);
  await expect(page.getByRole('heading', { name: 'Employee' })).toBeVisible();
  const privileges = page.getByRole('group', { name: 'Privileges of the role' });
  await expect(privileges).toContainText('browse');
  await expect(privileges).toContainText('guest');
  await expect(privileges).not.toContainText('manage');
  await expect(page.getByRole('button', { name: 'Reload roles.json' })).toHaveCount(0);
  await roles.getByRole('button', { name: /^Administration key/ }).click();
  await expect(page).toHaveURL(/administration=true/);
  await expect(page.getByRole('button', { name: /^Delete Customer: allowed An Administration key/ })).toBeVisible();
});

test('each cell tells which rule decided, also with the keyboard', async ({ app, page, signIn }) => {
  await signIn();
  await page.goto(`${app.console}/roles?role=Employee`);
  const read = page.getByRole('button', { name: 'Read Product: allowed by permissions.allowed[1].read' });
  await read.hover();
  await expect(page.getByRole('tooltip')).toContainText('permissions.allowed[1].read');
  await page.mouse.move(0, 0);
  await expect(page.getByRole('tooltip')).toHaveCount(0);
  // One stop of Tab for the whole table; arrows go on from there.
  await page.getByRole('button', { name: /^Read ds:/ }).focus();
  await expect(page.getByRole('tooltip')).toContainText('permissions.allowed[0].read');
  await page.keyboard.press('ArrowRight');
  await expect(page.getByRole('button', { name: /^Create ds: refused/ })).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(page.getByRole('tooltip')).toContainText('Create Customer');
  await page.keyboard.press('End');
  await expect(page.getByRole('button', { name: /^Execute Customer/ })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('tooltip')).toHaveCount(0);
  await expect(page.getByRole('button', { name: /^Execute Product.restock\(\): allowed by permissions.allowed\[4\].execute Lends manage/ })).toBeVisible();
  await expect(page.getByText('lends manage')).toBeVisible();
});

test('attributes of a dataclass, those that differ, and names', async ({ app, page, signIn }) => {
  await signIn();
  await page.goto(`${app.console}/roles?role=Employee`);
  const price = page.getByRole('button', { name: 'Read Product.price: refused by permissions.allowed[3].read' });
  await expect(price).toHaveCount(0);
  await page.getByRole('button', { name: 'Product', exact: true }).click();
  await expect(page.getByRole('button', { name: 'Product', exact: true })).toHaveAttribute('aria-expanded', 'true');
  await expect(price).toBeVisible();
  await page.getByRole('button', { name: 'Product', exact: true }).click();
  await expect(price).toHaveCount(0);
  await page.getByRole('checkbox', { name: 'Only differences from the dataclass' }).check();
  await expect(page).toHaveURL(/differing=true/);
  await expect(price).toBeVisible();
  await expect(page.getByRole('button', { name: /^Read Customer/ })).toHaveCount(0);
  await page.getByRole('checkbox', { name: 'Only differences from the dataclass' }).uncheck();
  await page.getByLabel('Filter by name').fill('country');
  await expect(page.getByRole('button', { name: /^Read Supplier.country/ })).toBeVisible();
  await expect(page.getByRole('button', { name: /^Read Product/ })).toHaveCount(0);
  await page.getByLabel('Filter by name').fill('nothing of this kind');
  await expect(page.getByText('Nothing has such a name')).toBeVisible();
  await page.getByLabel('Filter by name').fill('');
  await page.getByRole('button', { name: 'Expand all' }).click();
  await expect(page.getByRole('button', { name: /^Read Supplier.country/ })).toBeVisible();
  await expectAccessible(page);
});

test('two roles beside each other', async ({ app, page, signIn }) => {
  await signIn();
  await page.goto(`${app.console}/roles?role=Employee`);
  await pick(page, 'Compare with', 'Manager');
  await expect(page).toHaveURL(/with=Manager/);
  await expect(page.getByRole('button', { name: /^Employee Update Product: refused/ })).toBeVisible();
  await expect(page.getByRole('button', { name: /^Manager Update Product: allowed/ })).toBeVisible();
  await expectAccessible(page);
});

test('reloads roles.json, with its warnings', async ({ app, page, signIn }) => {
  await signIn();
  await page.goto(`${app.console}/roles`);
  const navigation = page.getByRole('navigation', { name: 'Roles' });
  await expect(navigation.getByRole('button', { name: /^Employee/ })).toBeVisible();
  app.write('roles.json', app.read('roles.json').replace('"role": "Nobody"', '"role": "Auditor"').replace('"Supplier", "type"', '"Suplier", "type"'));
  await page.getByRole('button', { name: 'Reload roles.json' }).click();
  const dialog = page.getByRole('dialog', { name: 'Reload roles.json' });
  await expect(dialog.getByText('roles.json is in force')).toBeVisible();
  await expect(dialog.getByRole('table', { name: 'Warnings' })).toContainText('Suplier');
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  await expect(navigation.getByRole('button', { name: /^Auditor/ })).toBeVisible();
  await expect(navigation.getByRole('button', { name: /^Nobody/ })).toHaveCount(0);
  await expect(page.getByRole('region', { name: '1 warning about the roles.json in force' })).toContainText('Suplier');
});

test('a broken roles.json is reported, and the previous rules stay', async ({ app, page, signIn }) => {
  const { secret } = app.key('Nightly report', { role: 'Employee' });
  await signIn();
  await page.goto(`${app.console}/roles`);
  app.write('roles.json', app.read('roles.json').replace('"type": "method"', '"type": "metod"'));
  await page.getByRole('button', { name: 'Reload roles.json' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('alert')).toContainText('The previous rules stay in force.');
  const errors = dialog.getByRole('table', { name: 'Errors' });
  await expect(errors).toContainText('permissions.allowed[4].type');
  // The line of the entry in the file.
  await expect(errors.getByRole('row').nth(1)).toContainText('20');
  expect((await app.rest('Product', secret)).status).toBe(200);
});

test('reloads functions, or tells where their errors are', async ({ app, page, signIn }) => {
  const { secret } = app.key('Nightly report', { role: 'Employee' });
  await signIn();
  await page.goto(`${app.console}/roles?role=Employee`);
  const dialog = page.getByRole('dialog', { name: 'Reload functions' });
  app.write('functions/Product.js', 'export class Product {}\n');
  await page.getByRole('button', { name: 'Reload functions' }).click();
  await expect(dialog.getByText('The functions are in force')).toBeVisible();
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  await expect(page.getByText('Functions that only roles.json names')).toBeVisible();
  app.write('functions/Product.js', 'export class ProductEntity {\n  static exposed = ["restock"];\n  restock() { return 1; }\n}\n');
  await page.getByRole('button', { name: 'Reload functions' }).click();
  await expect(dialog.getByText('The functions are in force')).toBeVisible();
  await expect(dialog.getByRole('status').first()).toContainText('1 class, 1 function (1 exposed)');
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  await expect(page.getByText('Entity functions')).toBeVisible();
  await expect(page.getByText('Functions that only roles.json names')).toHaveCount(0);
  // restock lends manage, which may change products.
  await expect(page.getByRole('button', { name: /^Update Product: refused .*Allowed inside Product.restock\(\)\./ })).toBeVisible();
  const call = () => app.rest('Product(1)/restock', secret, { method: 'POST', body: '[]' });
  expect(await (await call()).json()).toEqual({ result: 1 });
  app.write('functions/Product.js', 'export class ProductEntity {\n  static exposed = ["gone"];\n}\n');
  await page.getByRole('button', { name: 'Reload functions' }).click();
  await expect(dialog.getByRole('alert')).toContainText('The previous functions stay in force.');
  const errors = dialog.getByRole('table', { name: 'Errors' });
  await expect(errors).toContainText('functions/Product.js');
  await expect(errors.getByRole('row').nth(1)).toContainText('2');
  await expectAccessible(page);
  expect(await (await call()).json()).toEqual({ result: 1 });
});

test('reloading functions tells what became of roles.json, which is read for them', async ({ app, page, signIn }) => {
  await signIn();
  await page.goto(`${app.console}/roles`);
  const navigation = page.getByRole('navigation', { name: 'Roles' });
  await expect(navigation.getByRole('button', { name: /^Employee/ })).toBeVisible();
  const dialog = page.getByRole('dialog', { name: 'Reload functions' });
  const reload = async () => {
    await page.getByRole('button', { name: 'Reload functions' }).click();
    await expect(dialog).toBeVisible();
  };
  const close = () => dialog.getByRole('button', { name: 'Close' }).last().click();
  // Broken functions beside good roles: those are in force.
  const roles = app.read('roles.json').replace('"role": "Nobody"', '"role": "Auditor"').replace('"Supplier", "type"', '"Suplier", "type"');
  app.write('roles.json', roles);
  app.write('functions/Product.js', 'export class ProductEntity {\n  static exposed = ["gone"];\n}\n');
  await reload();
  await expect(dialog.getByRole('alert')).toContainText('1 error in functions/');
  await expect(dialog.getByRole('status')).toContainText('roles.json is in force');
  await expect(dialog.getByRole('table', { name: 'Warnings about roles.json' })).toContainText('Suplier');
  await expectAccessible(page);
  await close();
  await expect(navigation.getByRole('button', { name: /^Auditor/ })).toBeVisible();
  await expect(navigation.getByRole('button', { name: /^Nobody/ })).toHaveCount(0);
  await expect(page.getByRole('region', { name: '1 warning about the roles.json in force' })).toContainText('Suplier');
  // Good functions beside broken roles: the rules before stay.
  app.write('functions/Product.js', 'export class ProductEntity {\n  static exposed = ["restock"];\n  restock() { return 1; }\n}\n');
  app.write('roles.json', roles.replace('"type": "method"', '"type": "metod"'));
  await reload();
  await expect(dialog.getByRole('status')).toContainText('The functions are in force');
  await expect(dialog.getByRole('alert')).toContainText('1 error in roles.json');
  await expect(dialog.getByRole('alert')).toContainText('The previous rules stay in force.');
  await expect(dialog.getByRole('table', { name: 'Errors in roles.json' })).toContainText('permissions.allowed[4].type');
  await expectAccessible(page);
  await close();
  await expect(navigation.getByRole('button', { name: /^Auditor/ })).toBeVisible();
});

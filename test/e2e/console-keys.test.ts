import { expect, it } from 'vitest';
import { hashAccessKey, SCOPES } from '../../functions/core/tenant/access-key.ts';
import { tenant } from '../doubles/task-seed.ts';
import { call } from './api.ts';
import { accessibilityViolations } from './browser.ts';
import { access, grant } from './grant.ts';
import { button, inConsole } from './in-console.ts';

const idOf = (key: string): string => hashAccessKey(key).slice(0, 12);

it('keys are shown with what each may do, and revoked once that is confirmed, but for the one that the reader has', async () => {
  const own = await grant('keyring', SCOPES, 'mine');
  const [import_, report] = [
    await grant('keyring', ['submit', 'read'], 'nightly import'),
    await grant('keyring', ['read'], 'report'),
  ];
  await inConsole(
    '#/keys',
    async (page) => {
      const row = page.getByRole('row', { name: /nightly import/ });
      expect(await row.textContent()).toContain('submit, read');
      expect(await page.content()).not.toContain(hashAccessKey(import_).slice(0, 13));
      expect(await page.getByRole('row', { name: /mine/ }).getByRole('button').count()).toBe(0);
      await button(page, 'Revoke nightly import').click();
      const dialog = page.getByRole('dialog', { name: 'Revoke the key nightly import?' });
      await dialog.waitFor();
      expect(await accessibilityViolations(page)).toEqual([]);
      await dialog.getByRole('button', { name: 'Revoke' }).click();
      await page.getByText('The key nightly import is revoked.').waitFor();
      await row.waitFor({ state: 'detached' });
      expect(await access.find(hashAccessKey(import_))).toBeUndefined();
      // Somebody else is faster: it is revoked all the same.
      await button(page, 'Revoke report').click();
      expect(await access.revoke(tenant('keyring'), idOf(report))).toBe('revoked');
      await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
      await page.getByRole('row', { name: /report/ }).waitFor({ state: 'detached' });
      expect(await page.locator('tbody tr').count()).toBe(1);
    },
    own,
  );
  expect(await call('DELETE', `/api/keys/${idOf(own)}`, { key: own })).toMatchObject({ status: 409 });
});

it('keys are not shown to a key that may not administer: the page says so, and shows no empty list', async () => {
  await inConsole(
    '#/keys',
    async (page) => {
      expect(await page.getByRole('alert').textContent()).toMatch(/scope admin/);
      expect(await page.getByText('There are no more keys.').count()).toBe(0);
    },
    await grant('local', ['submit', 'read', 'operate', 'platform']),
  );
});

it('many keys are shown page by page', async () => {
  const own = await grant('many-keys', SCOPES, 'first');
  for (let count = 0; count < 29; count++) await grant('many-keys', ['read'], `key ${count}`);
  await inConsole(
    '#/keys',
    async (page) => {
      await page.locator('tbody tr').nth(24).waitFor();
      expect(await page.locator('tbody tr').count()).toBe(25);
      await button(page, 'Newer →').click();
      await page.getByText('Page 2').waitFor();
      await page.getByRole('row', { name: /key 28/ }).waitFor();
      expect(await page.locator('tbody tr').count()).toBe(5);
      await button(page, '← Older').click();
      await page.getByRole('row', { name: /signed in/ }).waitFor();
    },
    own,
  );
});

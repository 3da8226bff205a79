import { expect, it } from 'vitest';
import { hashAccessKey } from '../../functions/core/tenant/access-key.ts';
import { post, submit, until } from './api.ts';
import { grant } from './grant.ts';
import { expectAccessible, hopeless, inConsole, render } from './in-console.ts';

it('the audit tells who did what to which task, leads there, and is narrowed by a click or a field', async () => {
  const key = await grant('audited', ['submit', 'read', 'operate', 'admin']);
  const other = await grant('audited', ['submit', 'read', 'operate']);
  const idOf = (one: string): string => hashAccessKey(one).slice(0, 12);
  const [failed, done] = [await submit(hopeless, { key }), await submit(render, { key })];
  await until(failed.id, 'failed', 60, key);
  await until(done.id, 'succeeded', 60, key);
  expect(await post(`/api/tasks/${failed.id}/retry`, {}, { key: other })).toMatchObject({ status: 202 });
  expect(await post(`/api/tasks/${done.id}/cancel`, {}, { key })).toMatchObject({ status: 409 });
  await inConsole(
    '#/audit',
    async (page) => {
      const refused = page.getByRole('row', { name: /cancelTask/ });
      expect(await refused.textContent()).toContain('refused with 409');
      const retried = page.getByRole('row', { name: /retryTask/ });
      expect(await retried.textContent()).toContain(idOf(other));
      await expectAccessible(page);
      await retried.getByRole('link', { name: idOf(other) }).click();
      await refused.waitFor({ state: 'detached' });
      expect(new URL(page.url()).hash).toBe(`#/audit?actor=${idOf(other)}`);
      expect(await page.getByLabel('By key id or subject').inputValue()).toBe(idOf(other));
      await page.getByLabel('Call').fill('cancelTask');
      await page.keyboard.press('Enter');
      await page.getByText('No call matches.').waitFor();
      await expectAccessible(page);
      await page.getByRole('link', { name: 'Show all calls' }).click();
      await page.getByRole('link', { name: `tasks/${failed.id}` }).click();
      await page.getByRole('heading', { level: 1, name: hopeless.type }).waitFor();
    },
    key,
  );
});

it('the audit is not shown to a key that may not administer, and says so where there is nothing', async () => {
  await inConsole(
    '#/audit',
    async (page) => expect(await page.getByRole('alert').textContent()).toMatch(/scope admin/),
    await grant('audited', ['read', 'operate']),
  );
  await inConsole(
    '#/audit',
    (page) => page.getByText('Nothing was changed in the last 30 days.').waitFor(),
    await grant('never-audited', ['read', 'admin']),
  );
});

it('the audit leads on from a page where nothing matches and that is not the last', async () => {
  await inConsole(
    '#/tasks',
    async (page) => {
      await page.route('**/api/audit*', (route, request) =>
        route.fulfill({
          json: { items: [], nextCursor: request.url().includes('cursor=') ? null : 'further' },
        }),
      );
      await page.goto(`${page.url().split('#')[0]}#/audit?from=2026-01-01T00:00:00.000Z`);
      await page.getByText('No match so far: older calls may match.').waitFor();
      await page.getByRole('button', { name: 'Look on' }).click();
      await page.getByText('There are no more calls.').waitFor();
    },
    await grant('audited', ['read', 'admin']),
  );
});

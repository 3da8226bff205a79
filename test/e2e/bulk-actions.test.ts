import { beforeAll, describe, expect, it } from 'vitest';
import { call, post, submit, until } from './api.ts';
import { grant } from './grant.ts';
import { button, expectAccessible, inConsole } from './in-console.ts';

const TASKS = 12;

/** It fails of itself: what calls a host that fails others, too, may be given back by the circuit breaker, and attempt once more. */
const unfit = { type: 'text.wordcount', input: { text: 'x'.repeat(60_000) } };

let key: string;
let ids: readonly string[];
beforeAll(async () => {
  key = await grant('bulky', ['submit', 'read', 'operate']);
  const submitted = await Promise.all(Array.from({ length: TASKS }, () => submit(unfit, { key })));
  ids = submitted.map(({ id }) => id);
  for (const id of ids) await until(id, 'failed', 60, key);
});

const failedOnes = { status: 'failed', type: unfit.type };

/** Waits until a bulk action has ended. */
async function ended(id: string): Promise<Record<string, unknown>> {
  const read = async () => (await call('GET', `/api/bulk-actions/${id}`, { key })).body;
  await expect.poll(async () => (await read()).status, { timeout: 60_000 }).not.toBe('running');
  return read();
}

describe('a bulk action', () => {
  it('retries each task that fits once, at once and at its rate, and its account adds up', async () => {
    const dry = await post('/api/bulk-actions', { action: 'retry', filter: failedOnes, dryRun: true }, { key });
    expect(dry).toMatchObject({ status: 200, body: { counts: { matched: TASKS }, isExact: true } });
    const headers = { 'idempotency-key': `bulky-${Date.now()}` };
    const asked = { action: 'retry', filter: failedOnes, ratePerSecond: 6 };
    const made = await post('/api/bulk-actions', asked, { key, headers });
    expect(made).toMatchObject({ status: 202, body: { status: 'running' } });
    const again = await post('/api/bulk-actions', asked, { key, headers });
    expect(again.body.id).toBe(made.body.id);
    expect(await ended(String(made.body.id))).toMatchObject({
      status: 'succeeded',
      counts: { matched: TASKS, done: TASKS, refused: 0 },
      refusals: [],
    });
    for (const id of ids) expect(await until(id, 'failed', 60, key)).toMatchObject({ attempt: 2 });
    const task = await call('GET', `/api/tasks/${made.body.taskId}`, { key });
    expect(task.body).toMatchObject({ type: 'millrace.bulk-action', status: 'succeeded', output: { done: TASKS } });
  });

  it('is asked for from a list in the console, which says how many it will be, and shown until it has ended', async () => {
    await inConsole(
      `#/tasks?status=failed&type=${unfit.type}&errorCode=invalid_text`,
      async (page) => {
        await button(page, 'Retry all').click();
        const dialog = page.getByRole('dialog');
        await dialog.getByText(`${TASKS} tasks will be retried.`).waitFor();
        await dialog.getByText('invalid_text').waitFor();
        await expectAccessible(page);
        // The list behind is loaded meanwhile.
        await dialog.getByLabel('Tasks a second').fill('none');
        await page.waitForResponse(/api\/tasks\?/);
        await page.waitForResponse(/api\/tasks\?/);
        await dialog.getByText('A whole number from 1 on').waitFor();
        await dialog.getByLabel('Tasks a second').fill('1000000');
        await dialog.getByRole('button', { name: 'Retry all', exact: true }).click();
        expect(await dialog.getByRole('listitem').textContent()).toMatch(/^\/ratePerSecond must be at most/);
        await dialog.getByLabel('Tasks a second').fill('1');
        await dialog.getByRole('button', { name: 'Retry all', exact: true }).click();
        await page.getByRole('heading', { level: 1, name: `Retry of ${TASKS} tasks` }).waitFor({ timeout: 30_000 });
        await page.getByRole('progressbar', { name: 'Progress' }).waitFor();
        await page.getByText(/of 12, some \d+ s left/).waitFor();
        await button(page, 'Abort').click();
        await page.getByRole('dialog').getByRole('button', { name: 'Abort', exact: true }).click();
        await page.getByText('aborted').waitFor({ timeout: 30_000 });
        const numbers = await page.locator('.tile dd').allTextContents();
        expect(numbers).toHaveLength(4);
        const [matched, ...account] = numbers.map(Number);
        expect([matched, account.reduce((sum, one) => sum + one, 0)]).toEqual([TASKS, TASKS]);
        await expectAccessible(page);
        await page.getByRole('link', { name: '← Bulk actions' }).click();
        await page
          .getByRole('link', { name: `Retry of ${TASKS} tasks` })
          .first()
          .waitFor();
        await expectAccessible(page);
      },
      key,
    );
  });
});

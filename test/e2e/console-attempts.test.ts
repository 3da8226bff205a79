import { describe, expect, it } from 'vitest';
import { call, submit, until } from './api.ts';
import { accessibilityViolations } from './browser.ts';
import { grant } from './grant.ts';
import { button, CONSOLE, expectAccessible, hopeless, inConsole } from './in-console.ts';

describe('a task whose attempt failed', () => {
  it('tells where in its source, by what, and what was logged, in the API and on its page', async () => {
    const { id } = await submit({ type: 'text.wordcount', input: { text: 'x'.repeat(60_000) } });
    await until(id, 'failed');
    const place = /^at tasks\/text-wordcount\/definition\.ts:\d+:\d+$/m;
    const { body } = await call('GET', `/api/tasks/${id}/attempts`);
    const attempt = {
      number: 1,
      outcome: 'failed',
      error: { code: 'invalid_text', stack: expect.stringMatching(place) },
    };
    expect(body.items).toMatchObject([attempt]);
    const messages = async () => {
      const { items } = (await call('GET', `/api/tasks/${id}/logs`)).body as { items: { message: string }[] };
      return items.map(({ message }) => message);
    };
    await expect.poll(messages, { timeout: 20_000 }).toContain('task failed');
    await inConsole(`#/tasks/${id}`, async (page) => {
      await page.getByText('Attempt 1 failed', { exact: true }).waitFor();
      await page.locator('.attempt-error summary').click();
      expect(await page.locator('.attempt-error pre').textContent()).toMatch(place);
      await button(page, 'Show the log').click();
      await page.locator('.log').getByText('task failed').waitFor();
      expect(await accessibilityViolations(page)).toEqual([]);
    });
  });

  it('says to a key that may not operate that the log takes that, and goes on with the rest', async () => {
    const { id } = await submit(hopeless);
    await until(id, 'failed');
    await inConsole(
      `#/tasks/${id}`,
      async (page) => {
        await button(page, 'Show the log').click();
        expect(await page.getByRole('alert').textContent()).toMatch(/scope operate/);
        await expectAccessible(page);
        await page.getByText('Attempt 1 failed', { exact: true }).waitFor();
      },
      await grant('local', ['read']),
    );
  });

  it('tells the lines of its log by the clock of the reader, page after page', async () => {
    const { id } = await submit(hopeless);
    await until(id, 'failed');
    await inConsole('#/tasks', async (page) => {
      const time = '2026-01-31T09:08:07.065Z';
      const line = (message: string) => ({ time, level: 'info', message, attempt: 1, fields: { rows: 12 } });
      await page.route(`**/api/tasks/${id}/logs*`, (route, request) =>
        route.fulfill({
          json: request.url().includes('cursor=')
            ? { items: [line('second')], nextCursor: null }
            : { items: [line('first')], nextCursor: 'further' },
        }),
      );
      await page.goto(`${CONSOLE}#/tasks/${id}`);
      await button(page, 'Show the log').click();
      await page.getByText('first', { exact: true }).waitFor();
      const there = await page.evaluate<string>(
        `new Date('${time}').toLocaleTimeString(undefined, { hourCycle: 'h23', hour: '2-digit', minute: '2-digit', second: '2-digit' })`,
      );
      expect(await page.locator('.log time').first().textContent()).toMatch(new RegExp(`Jan 31, ${there}\\.065$`));
      await button(page, 'Show more').click();
      await page.getByText('second', { exact: true }).waitFor();
      await expectAccessible(page);
    });
  });

  it('has room for a hundred attempts, and tells the latest of them first', async () => {
    const { id } = await submit(hopeless);
    const failed = await until(id, 'failed');
    const start = Date.parse(failed.createdAt);
    const at = (seconds: number) => new Date(start + seconds * 1000).toISOString();
    const error = {
      code: 'upstream_timeout',
      message: 'no answer from https://api.example.com/orders/1234567890 in 30 s',
    };
    const items = Array.from({ length: 100 }, (_, place) => ({
      number: 121 + place,
      outcome: place === 99 ? 'failed' : 'retried',
      startedAt: at(place * 60 + 30),
      endedAt: at(place * 60 + 60),
      error: {
        ...error,
        class: 'TimeoutError',
        causes: [{ class: 'Error', code: 'ETIMEDOUT', message: 'connect ETIMEDOUT 10.0.0.1:443' }],
        stack: 'at fetchOrder (tasks/orders/fetch-order.ts:41:11)\nat async run (tasks/orders/definition.ts:17:5)',
      },
    }));
    await inConsole('#/tasks', async (page) => {
      const json = { ...failed, attempt: 220, maxAttempts: 220, startedAt: at(5970), finishedAt: at(6000), error };
      await page.route(new RegExp(`api/tasks/${id}(\\?.*)?$`), (route) => route.fulfill({ json }));
      await page.route(`**/api/tasks/${id}/attempts`, (route) => route.fulfill({ json: { items } }));
      await page.goto(`${CONSOLE}#/tasks/${id}`);
      await page.getByText('Attempt 220 failed', { exact: true }).waitFor();
      const summary = page.locator('.attempt-error summary').last();
      await summary.click();
      await page.getByText('connect ETIMEDOUT').last().waitFor();
      await expectAccessible(page);
      expect(await page.getByText('Attempt 150 failed', { exact: true }).count()).toBe(0);
      await button(page, 'Show 91 earlier').click();
      await page.getByText('Attempt 150 failed', { exact: true }).waitFor();
      await page.getByText('Attempts 1 to 120', { exact: true }).waitFor();
      await expectAccessible(page);
    });
  });
});

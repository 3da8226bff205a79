import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import { submit, until } from './api.ts';
import { grant } from './grant.ts';
import { button, expectAccessible, hopeless, inConsole, render } from './in-console.ts';

const unfit = { type: 'text.wordcount', input: { text: 'x'.repeat(60_000) } };

let key: string;
let tagged: string;
let between: string;
beforeAll(async () => {
  key = await grant('narrowed', ['submit', 'read', 'operate']);
  const first = await submit({ ...render, tags: ['order/7', 'region=eu'] }, { key });
  tagged = first.id;
  await until(tagged, 'succeeded', 60, key);
  await sleep(1_000);
  between = new Date().toISOString();
  const failing = [await submit(unfit, { key }), await submit(unfit, { key }), await submit(hopeless, { key })];
  for (const { id } of failing) await until(id, 'failed', 60, key);
});

const rowsOf = (page: Page) => page.locator('tbody tr').count();
const more = (page: Page) => page.getByText('More filters').click();

it('tasks are found by tag, error code and time, which stay in the address, and the tags of a task lead to its like', async () => {
  await inConsole(
    '#/tasks',
    async (page) => {
      await more(page);
      await page.getByLabel('Tag').fill('order/7');
      await page.keyboard.press('Enter');
      await expect.poll(() => rowsOf(page), { timeout: 20_000 }).toBe(1);
      await page.getByRole('link', { name: tagged }).waitFor();
      await page.getByLabel('Tag').fill('');
      await page.keyboard.press('Enter');
      await expect.poll(() => rowsOf(page)).toBe(4);
      // What was opened stays open, though nothing of it holds any more.
      await page.getByLabel('Error code').fill('invalid_text');
      await page.keyboard.press('Tab');
      await expect.poll(() => rowsOf(page)).toBe(2);
      expect(new URL(page.url()).hash).toBe('#/tasks?errorCode=invalid_text');
      await page.reload();
      expect(await page.getByLabel('Error code').inputValue()).toBe('invalid_text');
      await expectAccessible(page);
      await page.getByRole('link', { name: 'Clear' }).click();
      await page.goto(`${page.url().split('#')[0]}#/tasks?createdTo=${encodeURIComponent(between)}`);
      await expect.poll(() => rowsOf(page)).toBe(1);
      await page.getByRole('link', { name: tagged }).click();
      await page.getByRole('link', { name: 'region=eu' }).click();
      await page.getByRole('link', { name: tagged }).waitFor();
      expect(await page.getByLabel('Tag').inputValue()).toBe('region=eu');
    },
    key,
  );
});

it('the tasks of a list are counted by status when that is asked for, and each status leads to its own', async () => {
  await inConsole(
    '#/tasks',
    async (page) => {
      const counts: string[] = [];
      page.on('request', (request) => request.url().includes('/count') && counts.push(request.url()));
      await page.locator('tbody tr').nth(3).waitFor();
      expect(counts).toEqual([]);
      await button(page, 'Count them').click();
      await page.getByText('4 tasks', { exact: true }).waitFor();
      await page.getByRole('link', { name: '1 succeeded' }).waitFor();
      await expectAccessible(page);
      await page.getByRole('link', { name: '3 failed' }).click();
      await expect.poll(() => rowsOf(page)).toBe(3);
      await button(page, 'Count them').click();
      await page.getByText('3 tasks', { exact: true }).waitFor();
    },
    key,
  );
});

it('what is being written is not lost when the list is loaded meanwhile', async () => {
  await inConsole(
    '#/tasks',
    async (page) => {
      await more(page);
      await page.getByLabel('Tag').pressSequentially('ord');
      await page.waitForResponse(/api\/tasks\?/);
      await page.waitForResponse(/api\/tasks\?/);
      expect(await page.getByLabel('Tag').inputValue()).toBe('ord');
      await page.getByLabel('Tag').pressSequentially('er/7');
      await page.keyboard.press('Enter');
      await expect.poll(() => rowsOf(page)).toBe(1);
    },
    key,
  );
});

it('a time holds once it is written whole, and not while its year is', async () => {
  await inConsole(
    '#/tasks',
    async (page) => {
      await more(page);
      await page.getByLabel('Created from').fill('0002-11-29T09:00');
      await page.keyboard.press('Tab');
      expect(new URL(page.url()).hash).toBe('#/tasks');
      await page.getByLabel('Created from').fill('2026-01-31T09:00');
      const from = new URLSearchParams({ createdFrom: new Date('2026-01-31T09:00').toISOString() });
      await expect.poll(() => new URL(page.url()).hash).toBe(`#/tasks?${from}`);
      await page.getByLabel('Created from').fill('');
      await expect.poll(() => new URL(page.url()).hash).toBe('#/tasks');
    },
    key,
  );
});

it('a filter that cannot be is refused once, with the field and what is wrong with it', async () => {
  await inConsole(
    '#/tasks',
    async (page) => {
      const asked: string[] = [];
      page.on('request', (request) => request.url().includes('errorCode=') && asked.push(request.url()));
      await page.goto(`${page.url().split('#')[0]}#/tasks?status=succeeded&errorCode=invalid_text`);
      const alert = page.getByRole('alert');
      expect(await alert.getByRole('listitem').textContent()).toMatch(/^errorCode .*failed/);
      await expectAccessible(page);
      await sleep(6_000);
      expect(asked).toHaveLength(1);
      await page.getByLabel('Status').selectOption('failed');
      await alert.waitFor({ state: 'detached' });
      await expect.poll(() => rowsOf(page)).toBe(2);
    },
    key,
  );
});

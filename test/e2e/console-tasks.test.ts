import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { submit, until } from './api.ts';
import { accessibilityViolations } from './browser.ts';
import { grant } from './grant.ts';
import { button, CONSOLE, hopeless, inConsole, render } from './in-console.ts';

describe('the overview', () => {
  it('plots what happened to the tasks of a type, some seconds later', async () => {
    await submit(render);
    await inConsole('#/', async (page) => {
      await page.getByRole('combobox', { name: 'Type' }).selectOption('markdown.render');
      // It is asked for again until the statistics have the task.
      const throughput = page.getByRole('region', { name: 'Tasks a minute' });
      await throughput.waitFor({ timeout: 45_000 });
      await throughput.getByText('As a table').click();
      expect(await throughput.getByRole('row').nth(1).textContent()).toMatch(/\d/);
      await page.getByRole('combobox', { name: 'Time' }).selectOption('24');
      await page.getByRole('region', { name: 'Wait until the first attempt' }).locator('canvas').waitFor();
      expect(await accessibilityViolations(page)).toEqual([]);
    });
  });
});

describe('the task list', () => {
  it('says so where there are no tasks', async () => {
    const key = await grant('nobody-yet', ['read']);
    await inConsole('#/tasks', (page) => page.getByText('There are no tasks yet.').waitFor(), key);
  });

  it('is narrowed by status and type, and keeps the filter in its address', async () => {
    await submit(render);
    const { id } = await submit(hopeless);
    await until(id, 'failed');
    await inConsole('#/tasks', async (page) => {
      await page.getByLabel('Status').selectOption('failed');
      await page.getByRole('combobox', { name: 'Type' }).selectOption('http.request');
      await page.getByRole('link', { name: id }).waitFor();
      expect(new URL(page.url()).hash).toBe('#/tasks?status=failed&type=http.request');
      const statuses = await page.locator('tbody .badge').allTextContents();
      expect(new Set(statuses)).toEqual(new Set(['failed']));
      await page.getByRole('link', { name: 'Clear' }).click();
      await expect.poll(() => page.getByLabel('Status').inputValue()).toBe('');
    });
  });

  it('opens the task that an id names', async () => {
    const { id } = await submit(render);
    await inConsole('#/tasks', async (page) => {
      await page.getByLabel('Id', { exact: true }).fill(` ${id} `);
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: render.type }).waitFor();
      expect(new URL(page.url()).hash).toBe(`#/tasks/${id}`);
    });
  });

  it('leads on from a page where nothing matches and that is not the last', async () => {
    const { id } = await submit(render);
    await inConsole('#/', async (page) => {
      const empty = JSON.stringify({ items: [], nextCursor: 'further' });
      await page.route(/api\/tasks\?status=failed/, (route, request) =>
        request.url().includes('cursor=further')
          ? route.continue({ url: request.url().replace(/\?.*/, '') })
          : route.fulfill({ contentType: 'application/json', body: empty }),
      );
      await page.goto(`${CONSOLE}#/tasks?status=failed`);
      await page.getByText('No match so far').waitFor();
      expect(await page.getByText('No task matches').count()).toBe(0);
      expect(await accessibilityViolations(page)).toEqual([]);
      await button(page, 'Look on').click();
      await page.getByRole('link', { name: id }).waitFor();
    });
  });

  it('goes through its pages and back', async () => {
    const key = await grant('pages', ['submit', 'read']);
    for (let count = 0; count < 30; count++) await submit({ ...render, delaySeconds: 3600 }, { key });
    await inConsole(
      '#/tasks',
      async (page) => {
        const first = await page.locator('tbody code').first().textContent();
        expect(await page.locator('tbody tr').count()).toBe(25);
        await button(page, 'Older →').click();
        await page.getByText('Page 2').waitFor();
        await page.locator('tbody tr').nth(4).waitFor();
        expect(await page.locator('tbody tr').count()).toBe(5);
        await button(page, '← Newer').click();
        await page.getByRole('link', { name: String(first) }).waitFor();
      },
      key,
    );
  });
});

describe('a submit', () => {
  it('is made by a form, and the task is followed until it has succeeded', async () => {
    await inConsole('#/submit?type=markdown.render', async (page) => {
      await button(page, 'Use the example').click();
      await button(page, 'Submit').click();
      await page.getByRole('heading', { level: 1, name: 'markdown.render' }).waitFor();
      await page.locator('.badge.status-succeeded').waitFor();
      expect(await page.getByLabel('Output').or(page.locator('.json pre')).last().textContent()).toContain(
        '<h1>Hello</h1>',
      );
    });
  });

  it('that is refused shows each error at its field', async () => {
    await inConsole('#/submit?type=http.request', async (page) => {
      await page.getByLabel('url').fill('no address');
      await button(page, 'Add to headers').click();
      await page.getByLabel('Name').fill('host');
      await page.getByLabel('Value').fill('elsewhere');
      await button(page, 'Submit').click();
      await page.locator('[aria-invalid="true"]').first().waitFor();
      expect(await page.getByLabel('url').getAttribute('aria-invalid')).toBe('true');
      expect(await page.getByLabel('Value').getAttribute('aria-invalid')).toBe('true');
      expect(await accessibilityViolations(page)).toEqual([]);
    });
  });

  it('may be written as JSON, and copied from an earlier task', async () => {
    const { id } = await submit({ ...hopeless, input: { url: 'http://127.0.0.1:9/', headers: { a: 'b' } } });
    await inConsole(`#/submit?type=http.request&copyOf=${id}`, async (page) => {
      expect(await page.getByLabel('url').inputValue()).toBe('http://127.0.0.1:9/');
      await button(page, 'As JSON').click();
      expect(JSON.parse(await page.getByLabel('Input').inputValue())).toMatchObject({ headers: { a: 'b' } });
      await page.getByLabel('Input').fill('{"url":');
      await button(page, 'As a form').click();
      await page.getByText('This is not JSON').waitFor();
      await page.getByLabel('Input').fill('{"url": "http://127.0.0.1:9/", "more": 1}');
      await button(page, 'As a form').click();
      await page.getByText('The form cannot show this input').waitFor();
      await button(page, 'Submit').click();
      await page.getByText('Not accepted').waitFor();
    });
  });
});

describe('the page of an open task', () => {
  const readsOf = (page: Page, id: string): string[] => {
    const reads: string[] = [];
    page.on('request', (request) => {
      const { pathname, search } = new URL(request.url());
      if (pathname === `/api/tasks/${id}`) reads.push(search);
    });
    return reads;
  };

  it('waits for its end by the call that reads it, rather than asks again and again', async () => {
    const { id } = await submit({ ...render, delaySeconds: 8 });
    await inConsole('#/tasks', async (page) => {
      const reads = readsOf(page, id);
      await page.goto(`${CONSOLE}#/tasks/${id}`);
      await page.locator('.badge.status-succeeded').waitFor();
      expect(reads.slice(0, 2)).toEqual(['', '?waitSeconds=20']);
      expect(reads.length).toBeLessThanOrEqual(4);
    });
  });

  it('asks more and more seldom where as many wait as may', async () => {
    const { id } = await submit({ ...render, delaySeconds: 3600 });
    await inConsole('#/tasks', async (page) => {
      await page.route(`**/api/tasks/${id}?*`, async (route) => {
        const answer = await route.fetch({ url: route.request().url().replace(/\?.*/, '') });
        await route.fulfill({ response: answer, headers: { ...answer.headers(), 'millrace-waiting': 'full' } });
      });
      const reads = readsOf(page, id);
      await page.goto(`${CONSOLE}#/tasks/${id}`);
      await expect.poll(() => reads.length, { timeout: 20_000 }).toBe(4);
      const began = Date.now();
      await expect.poll(() => reads.length, { timeout: 20_000 }).toBe(5);
      expect(Date.now() - began).toBeGreaterThan(5_000);
    });
  });
});

describe('a task', () => {
  it('is cancelled once that is confirmed, and then retried', async () => {
    const { id } = await submit({ ...render, delaySeconds: 3600 });
    await inConsole(`#/tasks/${id}`, async (page) => {
      await button(page, 'Cancel the task').click();
      const dialog = page.getByRole('dialog', { name: 'Cancel this task?' });
      await dialog.waitFor();
      expect(await accessibilityViolations(page)).toEqual([]);
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'hidden' });
      await button(page, 'Cancel the task').click();
      await dialog.getByRole('button', { name: 'Cancel the task' }).click();
      await page.locator('.badge.status-cancelled').waitFor();
      await page.getByText('The task is cancelled.').waitFor();
      await button(page, 'Retry').click();
      await page.getByRole('dialog').getByRole('button', { name: 'Retry' }).click();
      await page.locator('.badge.status-succeeded').waitFor();
    });
  });

  it('is changed by nobody whose key may not: the dialog says which scope is missing', async () => {
    const { id } = await submit({ ...render, delaySeconds: 3600 });
    await inConsole(
      `#/tasks/${id}`,
      async (page) => {
        await button(page, 'Cancel the task').click();
        await page.getByRole('dialog').getByRole('button', { name: 'Cancel the task' }).click();
        expect(await page.getByRole('dialog').getByRole('alert').textContent()).toMatch(/scope operate/);
      },
      await grant('local', ['read']),
    );
  });
});

describe('a task with subtasks', () => {
  it('shows them as a tree, and each leads back to it', async () => {
    const { id } = await submit({ type: 'text.wordcount', input: { text: 'one two '.repeat(400), parts: 3 } });
    await until(id, 'succeeded', 60);
    await inConsole(`#/tasks/${id}`, async (page) => {
      await page.getByRole('heading', { name: '3 subtasks' }).waitFor();
      const parts = page.locator('.tree').getByRole('link', { name: /text\.wordcount\.part/ });
      await parts.nth(2).waitFor();
      expect(await accessibilityViolations(page)).toEqual([]);
      await parts.first().click();
      await page.getByRole('heading', { level: 1, name: 'text.wordcount.part' }).waitFor();
      await page.getByRole('link', { name: id }).click();
      await page.getByRole('heading', { name: '3 subtasks' }).waitFor();
    });
  });
});

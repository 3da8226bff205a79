import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { TaskView } from '../../functions/router/task-view.ts';
import { submit, until } from './api.ts';
import { accessibilityViolations, DESKTOP, openPage, PHONE, startBrowser, type WatchedPage } from './browser.ts';
import { grant } from './grant.ts';

const { url, apiKey } = inject('stack');
const CONSOLE = `${url}/console`;

const render = { type: 'markdown.render', input: { markdown: '# hi' } };
/** Fails at once, and is not tried again. */
const hopeless = { type: 'http.request', input: { url: 'http://127.0.0.1:9/', method: 'GET' }, maxAttempts: 1 };

let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser?.close());

const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { level: 1, name });
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

async function signIn(page: Page, key = apiKey): Promise<void> {
  await page.goto(CONSOLE);
  await page.getByLabel('API key').fill(key);
  await button(page, 'Sign in').click();
}

/** A page of the console, signed in, at `place`; closed after the test with nothing wrong on it. */
async function inConsole(place: string, work: (page: Page) => Promise<void>, key = apiKey): Promise<void> {
  const { page, wrongs }: WatchedPage = await openPage(browser);
  try {
    await page.addInitScript(`sessionStorage.setItem('millrace.key', ${JSON.stringify(key)})`);
    await page.goto(CONSOLE + place);
    await work(page);
    expect(wrongs).toEqual([]);
  } finally {
    await page.context().close();
  }
}

describe('the way in', () => {
  it('refuses a key that is not known, and lets in with one that is', async () => {
    const { page, wrongs } = await openPage(browser);
    await signIn(page, 'mr_wrong');
    expect(await page.getByRole('alert').textContent()).toMatch(/API key is not known/);
    await page.getByLabel('API key').fill(apiKey);
    await page.keyboard.press('Enter');
    await button(page, 'Sign out').waitFor();
    await page.reload();
    await button(page, 'Sign out').click();
    await page.getByLabel('API key').waitFor();
    expect(await page.evaluate('sessionStorage.length')).toBe(0);
    expect(wrongs).toEqual([]);
    await page.context().close();
  });

  it('says which scope a key lacks to see anything', async () => {
    const { page } = await openPage(browser);
    await signIn(page, await grant('local', ['submit']));
    expect(await page.getByRole('alert').textContent()).toMatch(/scope read/);
    await page.context().close();
  });

  it('is where a session ends whose key is revoked', async () => {
    await inConsole(
      '#/tasks',
      async (page) => {
        expect(await page.getByRole('alert').textContent()).toMatch(/API key is not known/);
        await page.getByLabel('API key').waitFor();
      },
      'mr_revoked',
    );
  });
});

describe('every page', () => {
  const places: Record<string, () => Promise<string>> = {
    tasks: async () => '#/tasks',
    'a succeeded task': async () => taskWith(render, 'succeeded'),
    'a failed task': async () => taskWith(hopeless, 'failed'),
    'a scheduled task': async () => taskWith({ ...render, delaySeconds: 3600 }, 'scheduled'),
    'a task that is not there': async () => '#/tasks/01M859FY21NP7H6QB49KRATWQ0-0',
    'a form': async () => '#/submit?type=http.request',
    types: async () => '#/types',
    'a type': async () => '#/types/csv.summarize',
    'an address that leads nowhere': async () => '#/nowhere',
  };
  const taskWith = async (task: Record<string, unknown>, status: TaskView['status']): Promise<string> => {
    const { id } = await submit(task);
    await until(id, status);
    return `#/tasks/${id}`;
  };

  it.each(Object.entries(places))(
    'is accessible in light and dark, on a desk and on a phone: %s',
    async (_, placeOf) => {
      const place = await placeOf();
      await inConsole(place, async (page) => {
        for (const colorScheme of ['light', 'dark'] as const) {
          for (const viewport of [DESKTOP, PHONE]) {
            await page.emulateMedia({ colorScheme });
            await page.setViewportSize(viewport);
            await page.locator('main > *').last().waitFor();
            await page.getByText('Loading…').waitFor({ state: 'detached' });
            expect(await accessibilityViolations(page)).toEqual([]);
            const hidden = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
            expect(await page.evaluate(hidden), 'nothing is beside the screen').toBe(0);
          }
        }
      });
    },
  );

  it('is accessible before anyone is signed in', async () => {
    const { page } = await openPage(browser, { colorScheme: 'dark' });
    await page.goto(CONSOLE);
    await page.getByLabel('API key').waitFor();
    expect(await accessibilityViolations(page)).toEqual([]);
    await page.context().close();
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
      await page.getByLabel('Type', { exact: true }).selectOption('http.request');
      await page.getByRole('link', { name: id }).waitFor();
      expect(new URL(page.url()).hash).toBe('#/tasks?status=failed&type=http.request');
      const statuses = await page.locator('tbody .badge').allTextContents();
      expect(new Set(statuses)).toEqual(new Set(['failed']));
      await page.getByRole('link', { name: 'Clear' }).click();
      expect(await page.getByLabel('Status').inputValue()).toBe('');
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
      await heading(page, 'markdown.render').waitFor();
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

describe('a task type', () => {
  it('is paused, resumed and set otherwise', async () => {
    await inConsole('#/types/csv.summarize', async (page) => {
      const confirm = async (name: string): Promise<void> => {
        await button(page, name).click();
        await page.getByRole('dialog').getByRole('button', { name }).click();
      };
      await confirm('Pause');
      await page.getByText('Paused: its tasks are accepted').waitFor();
      await confirm('Resume');
      await button(page, 'Pause').waitFor();
      await page.getByLabel('timeoutSeconds').fill('100000');
      await button(page, 'Save').click();
      await page
        .getByText(/an attempt of class memory-intensive may take/)
        .first()
        .waitFor();
      await page.getByLabel('timeoutSeconds').fill('200');
      await button(page, 'Save').click();
      await page.getByText('3 min 20 s').waitFor();
      await page.getByLabel('timeoutSeconds').fill('');
      await button(page, 'Save').click();
      await page.getByText('4 min 50 s').waitFor();
    });
  });
});

describe('the page itself', () => {
  it('is revalidated, and its files are kept for ever and come compressed', async () => {
    const page = await fetch(CONSOLE);
    const etag = page.headers.get('etag') ?? '';
    expect((await fetch(CONSOLE, { headers: { 'if-none-match': etag } })).status).toBe(304);
    const [, script = ''] = /src="([^"]+)"/.exec(await page.text()) ?? [];
    const answer = await fetch(new URL(script, CONSOLE), { headers: { 'accept-encoding': 'br' } });
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'cache-control': 'public, max-age=31536000, immutable',
      'content-encoding': 'br',
      'content-type': 'text/javascript; charset=utf-8',
      'x-content-type-options': 'nosniff',
    });
    expect((await fetch(`${CONSOLE}/main-OLD.js`)).status).toBe(404);
  });
});

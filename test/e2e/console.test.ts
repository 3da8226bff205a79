import type { Page } from 'playwright-core';
import { describe, expect, inject, it } from 'vitest';
import type { TaskView } from '../../functions/router/routes/task-view.ts';
import { post, submit, until } from './api.ts';
import { accessibilityViolations, openPage } from './browser.ts';
import { grant } from './grant.ts';
import { browser, button, CONSOLE, expectAccessible, hopeless, inConsole, render, scheduleOf } from './in-console.ts';

const { apiKey } = inject('stack');

async function signIn(page: Page, key = apiKey): Promise<void> {
  await page.goto(CONSOLE);
  await page.getByLabel('API key').fill(key);
  await button(page, 'Sign in').click();
}

describe('the way in', () => {
  it('refuses a key that is not known, and lets in with one that is', async () => {
    const { page, wrongs } = await openPage(browser());
    await signIn(page, 'mr_wrong');
    expect(await page.getByRole('alert').textContent()).toMatch(/API key is not known: .* this has 8 in all/);
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
    const { page } = await openPage(browser());
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

/** Counts the pixels of each plot that are of a strong colour: those of its axes are grey. */
const COLOURED = `[...document.querySelectorAll('.plot canvas')].map((canvas) => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let count = 0;
  for (let at = 0; at < data.length; at += 4) {
    const [red, green, blue, opacity] = data.subarray(at, at + 4);
    if (opacity > 200 && Math.max(red, green, blue) - Math.min(red, green, blue) > 80) count++;
  }
  return count;
})`;

describe('every page', () => {
  const places: Record<string, () => Promise<string>> = {
    'the overview': async () => {
      const { id } = await submit(render);
      await until(id, 'succeeded');
      return '#/';
    },
    tasks: async () => '#/tasks',
    'tasks, narrowed': async () => '#/tasks?status=failed&errorCode=network_error&createdFrom=2026-01-31T06:00:00.000Z',
    'a succeeded task': async () => taskWith(render, 'succeeded'),
    'a failed task': async () => taskWith(hopeless, 'failed'),
    'a scheduled task': async () => taskWith({ ...render, delaySeconds: 3600 }, 'scheduled'),
    'a task that is not there': async () => '#/tasks/01M859FY21NP7H6QB49KRATWQ0-0',
    'a retry with another input': async () => (await taskWith(hopeless, 'failed')).replace('tasks', 'retry'),
    'a retry of a task that has not failed': async () =>
      (await taskWith(render, 'succeeded')).replace('tasks', 'retry'),
    'a form': async () => '#/submit?type=http.request',
    schedules: async () => {
      await scheduleOf(render);
      return '#/schedules';
    },
    'a schedule': async () => `#/schedules/${await scheduleOf(render)}`,
    'the form of a schedule': async () => '#/schedule-form?type=http.request',
    'the form of a schedule that is there': async () => `#/schedule-form?id=${await scheduleOf(render)}`,
    webhooks: async () => '#/webhooks',
    'the form of a webhook': async () => '#/webhook-form',
    keys: async () => '#/keys',
    audit: async () => {
      await post(`/api/tasks/${(await taskWith(render, 'succeeded')).slice('#/tasks/'.length)}/cancel`, {});
      return '#/audit';
    },
    'the audit, narrowed': async () => '#/audit?actor=nobody&to=2026-01-31T06:00:00.000Z',
    'bulk actions': async () => '#/bulk-actions',
    'a bulk action that is not there': async () => '#/bulk-actions/01M859FY21NP7H6QB49KRATWQ0-0',
    'a dead letter that is not there': async () => '#/letter?lane=default-high-0&id=no-letter',
    lanes: async () => '#/lanes',
    'a lane': async () => '#/lanes/default-high-0',
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
      await inConsole(place, expectAccessible);
    },
  );

  it('is accessible before anyone is signed in', async () => {
    const { page } = await openPage(browser(), { colorScheme: 'dark' });
    await page.goto(CONSOLE);
    await page.getByLabel('API key').waitFor();
    expect(await accessibilityViolations(page)).toEqual([]);
    await page.context().close();
  });
});

it('what one minute alone has is seen on its plots, and a cost of less than a cent is said to be just that', async () => {
  await inConsole('#/tasks', async (page) => {
    const percentiles = { p50: 100, p95: 200, p99: 300 };
    const counts = {
      accepted: 1,
      succeeded: 1,
      failed: 0,
      cancelled: 0,
      retried: 0,
      cost: { usd: 0.000076, computeUsd: 0.00006 },
    };
    const one = { ...counts, waitMilliseconds: percentiles, runMilliseconds: percentiles };
    await page.route('**/api/stats*', async (route) => {
      const { searchParams } = new URL(route.request().url());
      const [from, to] = [searchParams.get('from'), searchParams.get('to')];
      const minute = new Date(Date.parse(to ?? '') - 30 * 60_000).toISOString();
      const byType = [{ type: 'greet', ...one, costs: [{ minute, usd: counts.cost.usd }] }];
      await route.fulfill({ json: { from, to, total: one, byType, items: [{ minute, ...one }] } });
    });
    await page.goto(`${CONSOLE}#/`);
    await page.getByRole('heading', { name: 'Run time of the last attempt' }).waitFor();
    await expect.poll(async () => Math.min(...(await page.evaluate<number[]>(COLOURED)))).toBeGreaterThan(0);
    const cost = page.getByText('<$0.01');
    expect(await cost.getAttribute('title')).toBe('$0.000076');
    const hidden = `[...document.querySelectorAll('.tile')].map((tile) => tile.scrollWidth - tile.clientWidth)`;
    expect(Math.max(...(await page.evaluate<number[]>(hidden)))).toBe(0);
  });
});

it('what types and tenants cost is plotted for a key that may see all of them, and read off without its colours', async () => {
  const percentiles = { p50: 100, p95: 200, p99: 300 };
  const costing = (usd: number, minutes: readonly string[]) => ({
    ...{ accepted: 10, succeeded: 9, failed: 1, cancelled: 0, retried: 2 },
    ...{ waitMilliseconds: percentiles, runMilliseconds: percentiles, cost: { usd, computeUsd: usd / 2 } },
    costs: minutes.map((minute) => ({ minute, usd: usd / minutes.length })),
  });
  await inConsole('#/tasks', async (page) => {
    await page.route('**/api/stats*', async (route) => {
      const { searchParams } = new URL(route.request().url());
      const [from, to] = [searchParams.get('from') ?? '', searchParams.get('to') ?? ''];
      const minutes = Array.from({ length: 30 }, (_, minute) =>
        new Date(Date.parse(to) - (minute + 1) * 60_000).toISOString(),
      );
      const names = ['image.resize', 'csv.summarize', 'http.request', 'text.wordcount', 'markdown.render'];
      const byType = names.map((type, place) => ({ type, ...costing(0.00004 / (place + 1), minutes) }));
      const byTenant = ['acme', 'globex'].map((tenantId, place) => ({
        tenantId,
        ...costing(0.01 * (place + 1), minutes),
      }));
      const items = minutes.map((minute) => ({ minute, ...costing(0.0001, []) })).reverse();
      const more = searchParams.get('tenants') === 'all' ? { byTenant, tenantsLeftOut: 1 } : {};
      const fixed = { usdPerHour: 0.0543, usd: 0.0543 };
      await route.fulfill({ json: { from, to, total: costing(0.0123, []), byType, items, fixed, ...more } });
    });
    await page.goto(`${CONSOLE}#/`);
    const byType = page.getByRole('region', { name: 'Cost by task type, a minute' });
    await byType.getByText('As a table').click();
    const heads = await byType.getByRole('columnheader').allTextContents();
    expect(heads).toEqual(['Time', 'image.resize', 'csv.summarize', 'http.request', 'others']);
    expect(await byType.getByRole('row').nth(1).textContent()).toMatch(/\$0\.00000133\$0\.000000667/);
    await page.getByRole('combobox', { name: 'Tenants' }).selectOption('all');
    const byTenant = page.getByRole('region', { name: 'Cost by tenant, a minute' });
    await byTenant.waitFor();
    await page.getByText('1 tenant more is not counted here').waitFor();
    await expect.poll(async () => Math.min(...(await page.evaluate<number[]>(COLOURED)))).toBeGreaterThan(0);
    await expectAccessible(page);
    await page.getByRole('combobox', { name: 'Time' }).selectOption('24');
    await page.getByRole('region', { name: 'Cost by tenant, each 15 min' }).waitFor();
  });
});

it('all tenants are not offered to a key that may not see them', async () => {
  const key = await grant('own-only', ['submit', 'read']);
  const { id } = await submit(render, { key });
  await until(id, 'succeeded', 45, key);
  await inConsole(
    '#/',
    async (page) => {
      await page.getByRole('region', { name: 'Tasks a minute' }).waitFor({ timeout: 45_000 });
      expect(await page.getByRole('combobox', { name: 'Tenants' }).count()).toBe(0);
    },
    key,
  );
});

it('a task type that is broken is told with its reason, above the others', async () => {
  await inConsole('#/', async (page) => {
    await page.route('**/api/definitions', async (route) => {
      const answer = await route.fetch();
      const broken = [{ type: 'lost', reason: 'the definition of lost cannot be loaded: no such file' }];
      await route.fulfill({ response: answer, json: { ...(await answer.json()), broken } });
    });
    await page.goto(`${CONSOLE}#/types`);
    await page.reload();
    expect(await page.getByRole('alert').textContent()).toMatch(/^lost is broken.*no such file\. /);
    await page.getByRole('link', { name: 'markdown.render' }).waitFor();
    expect(await accessibilityViolations(page)).toEqual([]);
    await page.goto(`${CONSOLE}#/tasks`);
    await page.getByRole('option', { name: 'lost' }).waitFor({ state: 'attached' });
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

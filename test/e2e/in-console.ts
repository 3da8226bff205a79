import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, inject } from 'vitest';
import { type CallOptions, post } from './api.ts';
import { accessibilityViolations, DESKTOP, openPage, PHONE, startBrowser } from './browser.ts';

const { url, apiKey } = inject('stack');
export const CONSOLE = `${url}/console`;

export const render = { type: 'markdown.render', input: { markdown: '# hi' } };
/** This fails at once, and is not tried again. */
export const hopeless = {
  type: 'http.request',
  input: { url: 'http://127.0.0.1:9/', method: 'GET' },
  maxAttempts: 1,
};

/** Makes a schedule that does not fire before the test is over, and returns its id. */
export async function scheduleOf({ type, input }: typeof render, request: CallOptions = {}): Promise<string> {
  const terms = { cron: '30 6 1 1 *', timezone: 'Europe/Berlin', name: 'yearly' };
  const { status, body } = await post('/api/schedules', { type, input, ...terms }, request);
  expect(status).toBe(201);
  return String(body.id);
}

let started: Browser | undefined;
beforeAll(async () => {
  started = await startBrowser();
});
afterAll(() => started?.close());

/** Returns the browser of the test file, once its tests run. */
export function browser(): Browser {
  if (started === undefined) throw new Error('the browser is started before the tests');
  return started;
}

export const button = (page: Page, name: string): Locator => page.getByRole('button', { name, exact: true });

/** Presses a button, and then the one of the dialog that asks. */
export async function confirm(page: Page, name: string): Promise<void> {
  await button(page, name).click();
  await page.getByRole('dialog').getByRole('button', { name, exact: true }).click();
}

/** Looks at a page in light and dark, on a desk and on a phone: it is accessible, and nothing of it is beside the screen. */
export async function expectAccessible(page: Page): Promise<void> {
  await page.locator('main > *').last().waitFor();
  for (const colorScheme of ['dark', 'light'] as const) {
    for (const viewport of [PHONE, DESKTOP]) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize(viewport);
      await expect.poll(() => page.locator('.loading').count(), { timeout: 20_000 }).toBe(0);
      const seen = `${colorScheme}, ${viewport.width} pixels`;
      expect(await accessibilityViolations(page), seen).toEqual([]);
      const hidden = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
      expect(await page.evaluate(hidden), `${seen}: nothing is beside the screen`).toBe(0);
    }
  }
}

/** Opens a page of the console, signed in, at `place`; closes it after the test, with nothing wrong on it. */
export async function inConsole(place: string, work: (page: Page) => Promise<void>, key = apiKey): Promise<void> {
  const { page, wrongs } = await openPage(browser());
  try {
    await page.addInitScript(`sessionStorage.setItem('millrace.key', ${JSON.stringify(key)})`);
    await page.goto(CONSOLE + place);
    await work(page);
    expect(wrongs).toEqual([]);
  } finally {
    // What a page still asks for when its test is over has nobody to be answered to.
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await page.context().close();
  }
}

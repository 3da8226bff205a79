/**
 * How long the console takes from nothing to a list that can be used, among 10,000 tasks and more: start the local cloud
 * (`npm start`), then `npm run loadtest:console`.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Browser, chromium } from 'playwright-core';
import { findChromium } from '../local/find-chromium.mjs';

const TASKS = 10_000;
/** MiniStack takes its time over a thousand. */
const TASKS_PER_SUBMIT = 200;
const ROUNDS = 15;
const BUDGET_MS = 1_000;

/** Each place has this once it can be used. */
const PLACES = { '#/tasks': 'tbody tr a', '#/': '.tile' };

/** Notes when the page has what it can be used by: from outside that would be seen late. */
const noteUsable = (selector: string): string => `new MutationObserver((_, observer) => {
  if (document.querySelector(${JSON.stringify(selector)}) === null) return;
  performance.mark('usable');
  observer.disconnect();
}).observe(document, { childList: true, subtree: true })`;

/** Milliseconds from the start of the navigation: until then, and until the last answer of the API was there. */
const USABLE_AND_ANSWERED = `[performance.getEntriesByName('usable')[0].startTime, Math.max(0, ...performance.getEntriesByType('resource')
  .filter(({ name }) => name.includes('/api/')).map(({ responseEnd }) => responseEnd))]`;
type Load = { readonly usable: number; readonly answered: number };

const connection = join(import.meta.dirname, '../.millrace/local.json');
const { url, apiKey, consoleUrl } = await readFile(connection, 'utf8').then(JSON.parse, () => {
  throw new Error('Start the local cloud first: npm start');
});

/** Submits the tasks, unless an earlier run has: the keys are the same each time. */
async function fill(): Promise<void> {
  const tasks = Array(TASKS_PER_SUBMIT).fill({ type: 'markdown.render', input: { markdown: '# hi' } });
  for (let sent = 0; sent < TASKS; sent += TASKS_PER_SUBMIT) {
    const { status } = await fetch(`${url}/api/tasks/batch`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${apiKey}`,
        'content-type': 'application/json',
        'idempotency-key': `console-load-${sent}`,
      },
      body: JSON.stringify({ tasks }),
    });
    if (status !== 202) throw new Error(`the submit was answered with ${status}`);
  }
}

/** Waits until they have run: the local cloud is one process, and would serve them and the console in turns. */
async function settle(): Promise<void> {
  const headers = { authorization: `Bearer ${apiKey}` };
  for (const status of ['queued', 'running']) {
    const isAny = async (): Promise<boolean> => {
      const answer = await fetch(`${url}/api/tasks?limit=1&status=${status}`, { headers });
      const { items } = (await answer.json()) as { items: unknown[] };
      return items.length > 0;
    };
    while (await isAny()) await sleep(1_000);
  }
}

/** Measures the milliseconds from the start of the navigation until `selector` is there, in a browser that has nothing of the page yet. */
async function firstLoad(browser: Browser, place: string, selector: string): Promise<Load> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  await page.addInitScript(`sessionStorage.setItem('millrace.key', ${JSON.stringify(apiKey)})`);
  await page.addInitScript(noteUsable(selector));
  await page.goto(consoleUrl + place, { waitUntil: 'commit' });
  await page.waitForSelector(selector);
  const [usable = 0, answered = 0] = await page.evaluate<number[]>(USABLE_AND_ANSWERED);
  await context.close();
  return { usable, answered };
}

const executablePath = findChromium();
if (executablePath === undefined) throw new Error('This needs Chromium: install it, or name it in CHROME_PATH.');
await fill();
await settle();
const browser = await chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });
try {
  for (const [place, selector] of Object.entries(PLACES)) {
    await firstLoad(browser, place, selector);
    const loads: Load[] = [];
    for (let round = 0; round < ROUNDS; round++) loads.push(await firstLoad(browser, place, selector));
    const usable = loads.map((load) => load.usable);
    const median = quantile(usable, 0.5);
    const worst = quantile(usable, 1);
    const answered = quantile(
      loads.map((load) => load.answered),
      0.5,
    );
    console.log(
      `${place}: usable after ${median} ms (median of ${ROUNDS}; worst ${worst} ms; budget ${BUDGET_MS} ms), ` +
        `the API's last answer after ${answered} ms`,
    );
    if (median > BUDGET_MS) process.exitCode = 1;
  }
} finally {
  await browser.close();
}

function quantile(values: readonly number[], rank: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return Math.round(sorted[Math.ceil(rank * sorted.length) - 1] ?? 0);
}

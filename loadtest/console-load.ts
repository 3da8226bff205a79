/**
 * How long the console takes from nothing to a list that can be used, among 10,000 tasks and more: start the local cloud
 * (`npm start`), then `npm run loadtest:console`.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { findChromium } from '../local/find-chromium.mjs';

const TASKS = 10_000;
const TASKS_PER_SUBMIT = 1_000;
const ROUNDS = 15;
const BUDGET_MS = 1_000;

/** What each place has once it can be used. */
const PLACES = { '#/tasks': 'tbody tr a', '#/': '.tile' };

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

/** Milliseconds from the start of the navigation until `selector` is there, in a browser that has nothing of the page yet. */
async function firstLoad(browser: Browser, place: string, selector: string): Promise<number> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  await page.addInitScript(`sessionStorage.setItem('millrace.key', ${JSON.stringify(apiKey)})`);
  await page.goto(consoleUrl + place, { waitUntil: 'commit' });
  await page.waitForSelector(selector);
  const milliseconds = Number(await page.evaluate('performance.now()'));
  await context.close();
  return milliseconds;
}

const executablePath = findChromium();
if (executablePath === undefined) throw new Error('This needs Chromium: install it, or name it in CHROME_PATH.');
await fill();
const browser = await chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });
try {
  for (const [place, selector] of Object.entries(PLACES)) {
    await firstLoad(browser, place, selector);
    const measured: number[] = [];
    for (let round = 0; round < ROUNDS; round++) measured.push(await firstLoad(browser, place, selector));
    measured.sort((a, b) => a - b);
    const [median = 0, worst = 0] = [measured[Math.floor(ROUNDS / 2)], measured.at(-1)];
    console.log(
      `${place}: median ${median.toFixed(0)} ms, worst of ${ROUNDS} ${worst.toFixed(0)} ms (budget ${BUDGET_MS} ms)`,
    );
    if (median > BUDGET_MS) process.exitCode = 1;
  }
} finally {
  await browser.close();
}

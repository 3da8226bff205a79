/**
 * JMeter's plan `millrace.jmx` against a stack, JMeter's own report of it, and a check that every accepted task ends:
 * `npm run loadtest:jmeter -- --help`.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { Command } from 'commander';
import { installedJMeter } from './jmeter/install.ts';
import { readResults } from './jmeter/results.ts';
import { conclude } from './scenarios/conclude.ts';
import { LiveLine } from './scenarios/live-line.ts';
import { measure } from './scenarios/measure.ts';
import { positive } from './scenarios/options.ts';
import type { Purpose } from './scenarios/report-model.ts';
import { onTarget, runToEnd, type Target } from './scenarios/target.ts';

const PLAN = join(import.meta.dirname, 'millrace.jmx');
const OUTPUT = join(import.meta.dirname, '../.millrace/loadtest/jmeter');
const DRAIN_MINUTES = 15;
const PURPOSE: Purpose = {
  name: 'jmeter',
  description: "JMeter's clients, each of which submits one small task after another",
  evaluate: () => ({ findings: [], tables: [] }),
};

const { url, keep, ...load } = new Command('loadtest:jmeter')
  .description("Runs JMeter's plan loadtest/millrace.jmx, and checks that every accepted task ends.")
  .option('--threads <count>', 'clients, each of which submits one task after another', positive, 100)
  .option('--ramp-seconds <seconds>', 'how long it takes to start them', positive, 30)
  .option('--seconds <seconds>', 'how long all of it takes', positive, 300)
  .option('--url <url>', 'of a deployed API instead of a stack on this machine; its key comes from MILLRACE_API_KEY')
  .option('--keep', 'keep the report in docs/performance/, to be compared with by the next', false)
  .parse()
  .opts<{ threads: number; rampSeconds: number; seconds: number; url?: string; keep: boolean }>();
const live = new LiveLine();

await runToEnd(async () => {
  const launcher = await installedJMeter();
  await onTarget(url, async (target) => {
    await rm(OUTPUT, { recursive: true, force: true });
    await mkdir(OUTPUT, { recursive: true });
    const measured = await measure(target, { drainMinutes: DRAIN_MINUTES, live }, async () => {
      const begunAt = Date.now();
      await runJMeter(launcher, target);
      const csv = await readFile(join(OUTPUT, 'results.jtl'), 'utf8');
      return { begunAt, requests: (fates) => readResults(csv, fates) };
    });
    const run = { ...measured, scenario: PURPOSE.name, mix: undefined, options: load };
    await conclude(PURPOSE, run, target, keep);
    console.log(`JMeter's own report: ${relative('', join(OUTPUT, 'report/index.html'))}`);
  });
});

async function runJMeter(launcher: string, { url, key, signal }: Target): Promise<void> {
  const { protocol, hostname, port, pathname } = new URL(url);
  const properties = {
    protocol: protocol.slice(0, -1),
    host: hostname,
    port: port || (protocol === 'https:' ? 443 : 80),
    basePath: pathname.replace(/\/$/, ''),
    ...load,
    // A column of the results, by which each task is found again.
    sample_variables: 'taskId',
    'summariser.interval': 6,
  };
  const files = [
    '-t',
    PLAN,
    '-l',
    join(OUTPUT, 'results.jtl'),
    '-j',
    join(OUTPUT, 'jmeter.log'),
    '-e',
    '-o',
    join(OUTPUT, 'report'),
  ];
  const given = Object.entries(properties).map(([name, value]) => `-J${name}=${value}`);
  const jmeter = spawn('java', ['-Xmx1g', '-Djava.awt.headless=true', '-jar', launcher, '-n', ...files, ...given], {
    env: { ...process.env, MILLRACE_API_KEY: key },
    stdio: ['ignore', 'pipe', 'inherit'],
    signal,
  });
  const said: string[] = [];
  createInterface(jmeter.stdout).on('line', (line) => {
    if (/^summary [+=]/.test(line)) live.note(line);
    else said.push(line);
  });
  const [code] = await once(jmeter, 'close');
  if (code !== 0) throw new Error(`JMeter ended with ${code}:\n${said.join('\n')}`);
}

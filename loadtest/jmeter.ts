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
import { drained, readFates } from './scenarios/drain.ts';
import { LiveLine } from './scenarios/live-line.ts';
import { MillraceApi } from './scenarios/millrace-api.ts';
import { positive } from './scenarios/options.ts';
import { onTarget, runToEnd, type Target } from './scenarios/target.ts';

const PLAN = join(import.meta.dirname, 'millrace.jmx');
const OUTPUT = join(import.meta.dirname, '../.millrace/loadtest/jmeter');
const DRAIN_SECONDS = 900;
const CONNECTIONS = 4;

const { url, ...load } = new Command('loadtest:jmeter')
  .description("Runs JMeter's plan loadtest/millrace.jmx, and checks that every accepted task ends.")
  .option('--threads <count>', 'clients, each of which submits one task after another', positive, 100)
  .option('--ramp-seconds <seconds>', 'how long it takes to start them', positive, 30)
  .option('--seconds <seconds>', 'how long all of it takes', positive, 300)
  .option('--url <url>', 'of a deployed API instead of a stack on this machine; its key comes from MILLRACE_API_KEY')
  .parse()
  .opts<{ threads: number; rampSeconds: number; seconds: number; url?: string }>();
const live = new LiveLine();

await runToEnd(async () => {
  const launcher = await installedJMeter();
  await onTarget(url, async (target) => {
    await rm(OUTPUT, { recursive: true, force: true });
    await mkdir(OUTPUT, { recursive: true });
    await runJMeter(launcher, target);
    await report(target);
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

async function report(target: Target): Promise<void> {
  const results = readResults(await readFile(join(OUTPUT, 'results.jtl'), 'utf8'));
  const api = new MillraceApi(target, CONNECTIONS);
  const limit = { seconds: DRAIN_SECONDS, signal: target.signal };
  await drained(api, limit, (left) => live.say(`draining: about ${left} tasks left`));
  const fates = await readFates(api, results.firstAt, (read) => live.say(`reading what became of the tasks: ${read}`));
  await api.close();
  const statuses = Map.groupBy(results.acceptedIds, (id) => fates.get(id)?.status ?? 'lost');
  const { p50, p95, p99, max } = results.milliseconds;
  const errors = Object.entries(results.errors).map(([answer, count]) => `${count} x ${answer}`);
  const notSucceeded = results.acceptedIds.length - (statuses.get('succeeded')?.length ?? 0);
  console.log(`
submits/s            ${results.submitsPerSecond.toFixed(1)}
milliseconds         p50 ${p50}, p95 ${p95}, p99 ${p99}, most ${max}
accepted             ${results.acceptedIds.length}: ${[...statuses].map(([status, ids]) => `${ids.length} ${status}`).join(', ')}
other answers        ${errors.join(', ') || 'none'}
JMeter's own report  ${relative('', join(OUTPUT, 'report/index.html'))}`);
  if (errors.length > 0 || notSucceeded > 0) process.exitCode = 1;
}

/**
 * What a million tasks cost, read off the wire: `npm run loadtest:bill` deploys to a metered local cloud, counts what three loads
 * use of AWS, and puts it at list prices beside what the planner says of the same loads. Exits with 1 where the planner is more
 * than 5 % off, or a price is missed.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { REFERENCE_LOADS } from '../planner/costs/reference-loads.ts';
import { deployConfig } from '../planner/deployment.ts';
import { type Bill, billOf } from './bill/bill.ts';
import { markdownOf } from './bill/report.ts';
import { type Pace, runLoad } from './bill/run-load.ts';
import { machine } from './peers/machine.ts';
import { startMillrace } from './peers/millrace.ts';
import { warm } from './peers/warm.ts';
import { LiveLine } from './scenarios/live-line.ts';
import { positive } from './scenarios/options.ts';

const METERING_SERVER = join(import.meta.dirname, 'bill/metering-server.py');

/** As `prod` has it: what went well is told on request. */
const CONTEXT = { routineLogs: 'false' };

type Options = { readonly rate: number; readonly bulkRate: number; readonly seconds: number; readonly out: string };

const options = new Command('loadtest:bill')
  .description('Reads off the wire what a million tasks cost, and writes bill.json and bill.md.')
  .option('--rate <number>', 'single submits a second', positive, 30)
  .option('--bulk-rate <number>', 'tasks of bulk submits a second', positive, 100)
  .option('--seconds <count>', 'length of each load', positive, 60)
  .option('--out <directory>', 'where the report goes', 'docs/performance')
  .parse()
  .opts<Options>();

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => stopping.abort(new Error(`stopped by ${signal}`)));
}

const live = new LiveLine();
live.note('deploying to a metered local cloud');
const peer = await startMillrace(stopping.signal, { serverScript: METERING_SERVER, context: CONTEXT });
try {
  await warm(peer);
  const config = deployConfig({ preset: 'dev', ...CONTEXT });
  const bills: Bill[] = [];
  for (const load of REFERENCE_LOADS) {
    stopping.signal.throwIfAborted();
    const tasksPerSecond = load.bulk === 1 ? options.rate : options.bulkRate;
    const pace: Pace = { tasksPerSecond, seconds: options.seconds };
    live.note(`${load.title}: ${tasksPerSecond} a second for ${options.seconds} s`);
    const bill = billOf(load, await runLoad(peer, load, pace), config);
    live.note(
      `$${bill.totals.wire.onDemand.toFixed(2)} a million, planned $${bill.totals.planned.onDemand.toFixed(2)}`,
    );
    bills.push(bill);
  }
  const report = { machine: await machine(), bills };
  await mkdir(options.out, { recursive: true });
  await writeFile(join(options.out, 'bill.json'), `${JSON.stringify(report, undefined, 2)}\n`);
  await writeFile(join(options.out, 'bill.md'), markdownOf(report));
  console.log(markdownOf(report));
  if (bills.some(({ faults }) => faults.length > 0)) process.exitCode = 1;
} finally {
  await peer.stop();
}

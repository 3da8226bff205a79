/**
 * Millrace beside what one would take instead, in one run on this machine: `npm run loadtest:peers`. Each does the same work, set
 * up as its own documents advise; they take turns within each round, and the median of the rounds counts. Redis and PostgreSQL
 * are Debian's (`apt-get install redis-server postgresql`); the packages of the peers are installed below `loadtest/peers`.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command, InvalidArgumentError } from 'commander';
import { startBullMq } from './peers/bullmq.ts';
import { startDurableFunctions } from './peers/durable-functions.ts';
import { startGraphileWorker } from './peers/graphile-worker.ts';
import { startHandMade } from './peers/hand-made.ts';
import { installPeers } from './peers/install.ts';
import { machine } from './peers/machine.ts';
import { bulk } from './peers/measures/bulk.ts';
import { kill } from './peers/measures/kill.ts';
import { latency } from './peers/measures/latency.ts';
import type { Measure, Settings } from './peers/measures/measure.ts';
import { priority } from './peers/measures/priority.ts';
import { submits } from './peers/measures/submits.ts';
import { tenants } from './peers/measures/tenants.ts';
import { startMillrace } from './peers/millrace.ts';
import { PEER_NAMES, type Peer, type PeerName } from './peers/peer.ts';
import { startPgBoss } from './peers/pg-boss.ts';
import { markdownOf, type Report, type Run } from './peers/report.ts';
import { warm } from './peers/warm.ts';

const MEASURES: readonly Measure[] = [submits, bulk, latency, priority, tenants, kill];
const START: Readonly<Record<PeerName, (signal: AbortSignal) => Promise<Peer>>> = {
  millrace: (signal) => startMillrace(signal),
  'hand-made': startHandMade,
  bullmq: startBullMq,
  'pg-boss': startPgBoss,
  'graphile-worker': startGraphileWorker,
  'durable-functions': startDurableFunctions,
};

type Options = Settings & {
  readonly peers: readonly PeerName[];
  readonly measures: readonly string[];
  readonly rounds: number;
  readonly out: string;
};

const listOf =
  <Name extends string>(names: readonly Name[]) =>
  (text: string): Name[] =>
    text.split(',').map((part) => {
      const name = names.find((one) => one === part);
      if (name === undefined) throw new InvalidArgumentError(`"${part}" is none of ${names.join(', ')}.`);
      return name;
    });

function count(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('It must be a whole number from 1 on.');
  return number;
}

const names = MEASURES.map(({ name }) => name);
const options = new Command('loadtest:peers')
  .description('Measures Millrace beside its peers, and writes peers.json and peers.md.')
  .option('--peers <names>', `who takes part: ${PEER_NAMES.join(', ')}`, listOf(PEER_NAMES), [...PEER_NAMES])
  .option('--measures <names>', `what is measured: ${names.join(', ')}`, listOf(names), names)
  .option('--rounds <count>', 'rounds, whose median counts', count, 3)
  .option('--seconds <count>', 'length of each rate', count, 12)
  .option('--bulk <count>', 'tasks of a bulk, and of what waits before a sample', count, 3_000)
  .option('--samples <count>', 'samples of each latency, at the most', count, 50)
  .option('--out <directory>', 'where the report goes', '.millrace/peers')
  .parse()
  .opts<Options>();

const stopping = new AbortController();
const peers: Peer[] = [];
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    stopping.abort(new Error(`stopped by ${signal}`));
    void stopAll().finally(() => process.exit(1));
  });
}

try {
  await installPeers();
  const failures: Run[] = [];
  for (const name of options.peers) {
    say(`starting ${name}`);
    try {
      const peer = await START[name](stopping.signal);
      peers.push(peer);
      await warm(peer);
    } catch (error) {
      failures.push(failed({ round: 0, measure: 'start', peer: name }, error));
    }
  }
  const runs = [...failures, ...(await measured())];
  await write({ machine: await machine(), settings: options, peers: peers.map(describe), measures: MEASURES, runs });
} finally {
  await stopAll();
}

async function measured(): Promise<Run[]> {
  const runs: Run[] = [];
  for (let round = 0; round < options.rounds; round++) {
    for (const measure of MEASURES.filter(({ name }) => options.measures.includes(name))) {
      const able = peers.filter(({ exempt }) => exempt[measure.name] === undefined);
      const inTurn = round % 2 === 0 ? able : able.toReversed();
      const { staggerSeconds } = measure;
      if (staggerSeconds === undefined) {
        for (const peer of inTurn) runs.push(await run(round, measure, peer));
      } else if (round === 0) {
        const staggered = inTurn.map(async (peer, index) => {
          await sleep(index * staggerSeconds * 1000);
          return run(round, measure, peer);
        });
        runs.push(...(await Promise.all(staggered)));
      }
    }
  }
  return runs;
}

/** What goes wrong with one peer is told in the report, and ends no run of an hour. */
async function run(round: number, measure: Measure, peer: Peer): Promise<Run> {
  const which = { round, measure: measure.name, peer: peer.name };
  const label = `round ${round + 1} of ${options.rounds}, ${measure.name}, ${peer.name}`;
  try {
    const figures = await measure.run(peer, options);
    const [first, second] = figures.map(({ name, value }) => `${name} ${value.toPrecision(3)}`);
    say(`${label}: ${first}; ${second}`);
    return { ...which, figures };
  } catch (error) {
    return failed(which, error);
  }
}

function failed(which: Pick<Run, 'round' | 'measure' | 'peer'>, error: unknown): Run {
  const failure = error instanceof Error ? error.message : String(error);
  process.exitCode = 1;
  say(`${which.measure} of ${which.peer}: ${failure}`);
  return { ...which, figures: [], failure };
}

function describe({ name, title, setup, advantage, exempt }: Peer): Report['peers'][number] {
  return { name, title, setup, advantage, exempt };
}

async function write(report: Report): Promise<void> {
  const directory = resolve(options.out);
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'peers.json'), `${JSON.stringify(report, undefined, 2)}\n`);
  await writeFile(join(directory, 'peers.md'), markdownOf(report));
  console.log(markdownOf(report));
}

async function stopAll(): Promise<void> {
  await Promise.all(peers.splice(0).map((peer) => peer.stop()));
}

function say(what: string): void {
  console.error(`${new Date().toISOString().slice(11, 19)}  ${what}`);
}

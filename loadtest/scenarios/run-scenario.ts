import { randomUUID } from 'node:crypto';
import { startSlowServer } from '../slow-server.ts';
import { drained, readFates } from './drain.ts';
import { noteGarbage } from './garbage.ts';
import { generateLoad } from './generate-load.ts';
import type { LiveLine } from './live-line.ts';
import { MillraceApi } from './millrace-api.ts';
import { nextOperation } from './mix.ts';
import { ProcessUsage } from './process-usage.ts';
import type { Run } from './run.ts';
import type { Plan, Scenario } from './scenario.ts';
import { SeenSoFar } from './seen-so-far.ts';
import type { Target } from './target.ts';

export type RunOptions = Plan & {
  readonly connections: number;
  readonly drainMinutes: number;
  /** Where tasks of the batch type send their records; of a local stack, a server of this process. */
  readonly batchEndpoint?: string;
};

const LOOK_MS = 5_000;
const LIVE_MS = 200;

/** Puts a scenario's load on a target, waits until all of it has ended, and reads what became of it. */
export async function runScenario(
  scenario: Scenario,
  options: RunOptions,
  target: Target,
  live: LiveLine,
): Promise<Run> {
  const { local, signal } = target;
  const api = new MillraceApi(target, options.connections);
  // Apart, so that looking does not queue behind the load.
  const observer = new MillraceApi(target, 2);
  const receiver = local === undefined ? undefined : await startSlowServer();
  const garbage = local === undefined ? undefined : await noteGarbage(local);
  const usage = local === undefined ? undefined : new ProcessUsage(local.serverPid);
  const seen = new SeenSoFar();
  const batchEndpoint = options.batchEndpoint ?? receiver?.url;
  const surroundings = { random: Math.random, runId: randomUUID(), recentIds: seen.recentIds, batchEndpoint };
  const begun = Date.now();
  const look = async () => {
    seen.inLanes = await observer.inLanes().catch(() => seen.inLanes);
  };
  const timers = [
    setInterval(() => live.say(progressOf(scenario, seen, begun)), LIVE_MS),
    setInterval(() => void look(), LOOK_MS),
  ];
  try {
    await usage?.start();
    const begunAt = await generateLoad({
      api,
      phases: scenario.phases(options, seen),
      next: (count) => nextOperation(scenario.mix, count, surroundings),
      record: seen.add,
      signal,
    });
    const loadEndedAt = Date.now();
    for (const timer of timers) clearInterval(timer);
    const isDrained = await drained(observer, { seconds: options.drainMinutes * 60, signal }, (left) =>
      live.say(`draining: about ${left} tasks left`),
    );
    const drainedAt = isDrained ? Date.now() : undefined;
    usage?.stop();
    const fates = await readFates(observer, begunAt, (read) => live.say(`reading what became of the tasks: ${read}`));
    const processes = usage?.samples ?? [];
    const { requests } = seen;
    const { rate, minutes, connections } = options;
    return {
      ...{ scenario: scenario.name, begunAt, loadEndedAt, drainedAt, requests, fates, processes, mix: scenario.mix },
      garbage: (await garbage?.read()) ?? [],
      options: { rate, minutes, connections },
    };
  } finally {
    for (const timer of timers) clearInterval(timer);
    usage?.stop();
    receiver?.close();
    await garbage?.remove();
    await Promise.all([api.close(), observer.close()]);
  }
}

function progressOf({ name }: Scenario, seen: SeenSoFar, begun: number): string {
  const { requestsPerSecond, p95 } = seen.recently(Date.now());
  const seconds = Math.round((Date.now() - begun) / 1000);
  const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  return [
    `${name} ${time}`,
    `${requestsPerSecond.toFixed(1)} requests/s`,
    `p95 ${p95 === undefined ? '–' : Math.round(p95)} ms`,
    `${seen.accepted} tasks accepted`,
    `about ${seen.inLanes} in lanes`,
    `${seen.refused} refused`,
    `${seen.failed} failed`,
  ].join(' · ');
}

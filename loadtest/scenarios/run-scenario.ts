import { randomUUID } from 'node:crypto';
import { startSlowServer } from '../slow-server.ts';
import { generateLoad } from './generate-load.ts';
import type { LiveLine } from './live-line.ts';
import { type Loaded, measure } from './measure.ts';
import { MillraceApi } from './millrace-api.ts';
import { nextOperation } from './mix.ts';
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

/** Puts a scenario's load on a target, and measures what it does. */
export async function runScenario(
  scenario: Scenario,
  options: RunOptions,
  target: Target,
  live: LiveLine,
): Promise<Run> {
  const { drainMinutes, rate, minutes, connections } = options;
  // Until the last task has ended, which may be one of the batch type.
  const receiver = target.local === undefined ? undefined : await startSlowServer();
  try {
    const batchEndpoint = options.batchEndpoint ?? receiver?.url;
    const run = await measure(target, { drainMinutes, live }, (observer) =>
      putLoad(scenario, { ...options, batchEndpoint }, { target, observer, live }),
    );
    return { ...run, scenario: scenario.name, mix: scenario.mix, options: { rate, minutes, connections } };
  } finally {
    receiver?.close();
  }
}

type Sides = { readonly target: Target; readonly observer: MillraceApi; readonly live: LiveLine };

async function putLoad(
  scenario: Scenario,
  options: Plan & { readonly connections: number; readonly batchEndpoint: string | undefined },
  { target, observer, live }: Sides,
): Promise<Loaded> {
  const api = new MillraceApi(target, options.connections);
  const seen = new SeenSoFar();
  const { batchEndpoint } = options;
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
    const begunAt = await generateLoad({
      api,
      phases: scenario.phases(options, seen),
      next: (count) => nextOperation(scenario.mix, count, surroundings),
      record: seen.add,
      signal: target.signal,
    });
    return { begunAt, requests: () => seen.requests };
  } finally {
    for (const timer of timers) clearInterval(timer);
    await api.close();
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

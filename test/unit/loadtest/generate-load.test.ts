import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { steady } from '../../../loadtest/scenarios/arrivals.ts';
import { readFates } from '../../../loadtest/scenarios/drain.ts';
import { generateLoad, type RequestRecord } from '../../../loadtest/scenarios/generate-load.ts';
import { LiveLine } from '../../../loadtest/scenarios/live-line.ts';
import { load } from '../../../loadtest/scenarios/load.ts';
import { MillraceApi } from '../../../loadtest/scenarios/millrace-api.ts';
import type { Operation } from '../../../loadtest/scenarios/mix.ts';
import { reportOf } from '../../../loadtest/scenarios/report-model.ts';
import { runScenario } from '../../../loadtest/scenarios/run-scenario.ts';
import { startLoopbackApi } from './api-on-loopback.ts';

const SUBMIT: Operation = { kind: 'single', request: { method: 'POST', path: '/api/tasks', body: {} } };
const { signal } = new AbortController();

const clientOf = (url: string, connections = 50): MillraceApi => {
  const api = new MillraceApi({ url, key: 'k' }, connections);
  onTestFinished(() => api.close());
  return api;
};

async function generated(api: MillraceApi, seconds: number, rate: number): Promise<RequestRecord[]> {
  const records: RequestRecord[] = [];
  const record = (one: RequestRecord) => void records.push(one);
  await generateLoad({ api, phases: [steady('load', seconds, rate)], next: () => SUBMIT, record, signal });
  return records.sort((a, b) => a.dueAt - b.dueAt);
}

const latency = ({ dueAt, endedAt }: RequestRecord): number => endedAt - dueAt;

describe('a load', () => {
  test('goes on while the stack stalls, and what was due meanwhile has waited since then', async () => {
    const api = await startLoopbackApi();
    const stalledUntil = Date.now() + 700;
    api.onSubmit = async () => {
      await sleep(Math.max(0, stalledUntil - Date.now()));
      return 202;
    };
    const records = await generated(clientOf(api.url), 1, 50);
    expect(records).toHaveLength(50);
    // Of 50 in the second, the 34 or so of the stall; a client that waits for each answer would have seen one.
    expect(records.filter((one) => latency(one) > 50).length).toBeGreaterThan(25);
    const waited = records.map(latency);
    expect(Math.min(...waited.slice(0, 5))).toBeGreaterThan(Math.max(...waited.slice(25, 30)));
  });

  test('counts the wait for a connection', async () => {
    const api = await startLoopbackApi();
    api.onSubmit = async () => {
      await sleep(50);
      return 202;
    };
    const records = await generated(clientOf(api.url, 1), 0.2, 50);
    expect(latency(records[9] as RequestRecord)).toBeGreaterThan(250);
  });

  test('tells refusals, errors and broken connections apart, and sends the key', async () => {
    const api = await startLoopbackApi();
    api.onSubmit = async (number) => [202, 429, 503, 0][number % 4] ?? 202;
    const records = await generated(clientOf(api.url, 1), 0.2, 20);
    expect(records.map(({ accepted }) => accepted.length)).toEqual([1, 0, 0, 0]);
    expect(records.map(({ refusals }) => refusals)).toEqual([[], ['lane_saturated'], [], []]);
    expect(records.map(({ errors }) => errors)).toEqual([[], [], ['503 unavailable'], ['UND_ERR_SOCKET']]);
    expect(new Set(api.requests.map(({ headers }) => headers.authorization))).toEqual(new Set(['Bearer k']));
  });

  test('ends when it is told to', async () => {
    const api = await startLoopbackApi();
    const stop = AbortSignal.timeout(100);
    const phases = [steady('load', 60, 50)];
    const run = generateLoad({ api: clientOf(api.url), phases, next: () => SUBMIT, record: () => {}, signal: stop });
    await expect(run).rejects.toThrow(/timeout|aborted/i);
  });
});

test('what became of tasks is read page by page, back to the moment at which they began', async () => {
  const api = await startLoopbackApi();
  const now = Date.now();
  for (let number = 0; number < 250; number++) {
    const createdAt = new Date(number < 20 ? now - 3_600_000 : now).toISOString();
    api.tasks.push({ id: `t${number}`, status: 'succeeded', executorKey: 'default/low/0', createdAt });
  }
  const fates = await readFates(clientOf(api.url), now, () => {});
  expect(fates.size).toBe(230);
  expect(fates.has('t19')).toBe(false);
});

test('a scenario runs against an address, without what only a local stack shows', async () => {
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  onTestFinished(() => void vi.restoreAllMocks());
  const api = await startLoopbackApi();
  const target = { url: api.url, key: 'k', local: undefined, signal };
  const quick = {
    ...load,
    *phases() {
      yield steady('load', 1, 40);
    },
  };
  const options = { rate: 40, minutes: 1, connections: 10, drainMinutes: 1 };
  const run = await runScenario(
    { ...quick, mix: { ...load.mix, weights: { ...load.mix.weights, bulk: 0 } } },
    options,
    target,
    new LiveLine(),
  );
  const report = reportOf(load, run, { at: '', commit: '', machine: '', target: '' });
  expect(report).toMatchObject({ requests: 40, errors: {}, refusals: {}, usage: [] });
  expect(report.tasks).toBe(api.tasks.length);
  expect(report.findings.map(({ isGood }) => isGood)).toEqual([true, true]);
});

import { describe, expect, test } from 'vitest';
import { laneOf, told } from '../../../loadtest/scenarios/answers.ts';
import { endurance } from '../../../loadtest/scenarios/endurance.ts';
import type { RequestRecord } from '../../../loadtest/scenarios/generate-load.ts';
import { load } from '../../../loadtest/scenarios/load.ts';
import { EXPECTED_MIX, type Kind } from '../../../loadtest/scenarios/mix.ts';
import { pageOf } from '../../../loadtest/scenarios/page/page.ts';
import { reportOf } from '../../../loadtest/scenarios/report-model.ts';
import { clockAhead, type Run, taskTimes } from '../../../loadtest/scenarios/run.ts';
import { SeenSoFar } from '../../../loadtest/scenarios/seen-so-far.ts';
import { recoveryOf, spike } from '../../../loadtest/scenarios/spike.ts';
import { stepsOf, stress } from '../../../loadtest/scenarios/stress.ts';

const START = Date.UTC(2026, 10, 28);
const MB = 2 ** 20;
const SETTING = { at: new Date(START).toISOString(), commit: 'abc', machine: 'a <machine>', target: 'here' };

/** A submit at a second of the run, accepted as one task of that number. */
function submit(number: number, second: number, more: Partial<RequestRecord> = {}): RequestRecord {
  const dueAt = START + second * 1000;
  const accepted = [{ id: `t${number}`, lane: 'default-high', createdAt: dueAt + 10 }];
  const said = { accepted, isReplayed: false, refusals: [], errors: [] };
  return { kind: 'single', phase: 'load', dueAt, startedAt: dueAt, endedAt: dueAt + 20, ...said, ...more };
}

/** A run of submits, each of whose tasks has ended after so many milliseconds; never where there is none. */
function runOf(requests: readonly RequestRecord[], endsAfter: (id: string) => number | undefined, more = {}): Run {
  const fates = requests.flatMap(({ accepted, dueAt }) =>
    accepted.flatMap(({ id, createdAt }) => {
      const after = endsAfter(id);
      const ended = after === undefined ? { status: 'queued' } : { status: 'succeeded', finishedAt: dueAt + after };
      return [[id, { id, executorKey: 'default/high/0', createdAt, ...ended }] as const];
    }),
  );
  return {
    ...{ scenario: 'load', begunAt: START, loadEndedAt: START + 60_000, drainedAt: START + 61_500, requests },
    ...{ fates: new Map(fates), processes: [], garbage: [], mix: EXPECTED_MIX, options: { rate: 1 } },
    ...more,
  };
}

describe('an answer', () => {
  const task = { id: 't1', executorKey: 'default/high/1', createdAt: '2026-11-28T00:00:00.000Z' };
  const read = (kind: Kind, status: number, body: unknown, headers = {}) => told(kind, { status, headers, body });

  test('tells what was accepted, of which lane, and whether again', () => {
    expect(read('single', 202, task).accepted).toEqual([{ id: 't1', lane: 'default-high', createdAt: START }]);
    expect(read('repeat', 202, task, { 'idempotent-replayed': 'true' }).isReplayed).toBe(true);
    expect(laneOf('io-intensive/batch/3')).toBe('io-intensive-batch');
  });

  test('tells refusals from failures, of a bulk too', () => {
    expect(read('single', 429, { code: 'lane_saturated' })).toMatchObject({ refusals: ['lane_saturated'], errors: [] });
    expect(read('read', 429, 'slow down').refusals).toEqual(['too many requests']);
    expect(read('single', 503, { code: 'unavailable' })).toMatchObject({ refusals: [], errors: ['503 unavailable'] });
    const results = [
      { index: 0, status: 'accepted', task },
      { index: 1, status: 'rejected', problem: { code: 'lane_saturated' } },
      { index: 2, status: 'rejected', problem: { code: 'invalid_request' } },
    ];
    expect(read('bulk', 202, { results })).toMatchObject({
      accepted: [{ id: 't1' }],
      refusals: ['lane_saturated'],
      errors: ['in a bulk: invalid_request'],
    });
  });
});

describe('the times of tasks', () => {
  test('count from the first submit of each, when it was due', () => {
    const repeat = submit(1, 5, { isReplayed: true });
    expect(taskTimes(runOf([submit(1, 1), repeat], () => 300))).toEqual([
      { kind: 'single', lane: 'default-high', dueAt: START + 1_000, status: 'succeeded', endedAt: expect.any(Number) },
    ]);
  });

  test('are those of this clock, whatever the deployment has', () => {
    expect(clockAhead([submit(1, 1)])).toBe(0);
    const ahead = submit(1, 1, { accepted: [{ id: 't1', lane: 'default-high', createdAt: START + 1_000 + 5_010 }] });
    expect(clockAhead([ahead])).toBe(4_990);
    expect(clockAhead([{ ...ahead, isReplayed: true }])).toBe(0);
  });

  test('know a task that is lost', () => {
    const run = runOf([submit(1, 1)], () => 300);
    expect(taskTimes({ ...run, fates: new Map() })).toMatchObject([{ status: 'lost', endedAt: undefined }]);
  });
});

describe('a report', () => {
  const warm = Array.from({ length: 10 }, (_, index) =>
    submit(index, index, { phase: 'warm-up', endedAt: START + 90_000 }),
  );
  const requests = Array.from({ length: 50 }, (_, index) => submit(100 + index, 10 + index));
  const report = reportOf(
    load,
    runOf([...warm, ...requests], () => 200),
    SETTING,
  );

  test('leaves the warm-up out of percentiles and rates, and nothing out of what became of the tasks', () => {
    expect(report.submit.all).toEqual({ count: 50, p50: 20, p95: 20, p99: 20, max: 20 });
    expect(report.endToEnd.lanes['default-high']).toMatchObject({ count: 50, p50: 200 });
    expect(report.rates).toEqual({ requests: 1, accepted: 1, ended: 1 });
    expect(report).toMatchObject({ tasks: 60, statuses: { succeeded: 60 }, drainSeconds: 1.5 });
  });

  test('has series that add up', () => {
    const { secondsEach, submitted, ended, open } = report.series;
    expect(secondsEach).toBe(2);
    expect(ended.reduce<number>((sum, value) => sum + (value ?? 0) * secondsEach, 0)).toBe(60);
    expect(submitted.reduce<number>((sum, value) => sum + (value ?? 0) * secondsEach, 0)).toBe(50);
    expect(open).toHaveLength(31);
  });

  test('does not pass with a task that has not ended, or a request that failed', () => {
    const open = reportOf(
      load,
      runOf(requests, (id) => (id === 't120' ? undefined : 200)),
      SETTING,
    );
    expect(open.findings).toContainEqual({ name: 'accepted tasks that ended', value: '49 of 50', isGood: false });
    const failed = submit(1, 20, { accepted: [], errors: ['503 unavailable'] });
    const broken = reportOf(
      load,
      runOf([...requests, failed], () => 200),
      SETTING,
    );
    expect(broken.findings).toContainEqual({ name: expect.stringContaining('failed'), value: 1, isGood: false });
    expect(broken.errors).toEqual({ '503 unavailable': 1 });
  });

  test('is a page that needs nothing beside, in which no text is markup, with the run before', async () => {
    const page = await pageOf(report, { ...report, at: SETTING.at, rates: { requests: 1, accepted: 0.75, ended: 1 } });
    expect(page).toContain('a &lt;machine&gt;');
    expect(page).toContain('before 0.75');
    expect(page).not.toMatch(/<(script|link|img)[^>]*(src|href)=/);
  });
});

describe('the scenarios', () => {
  test('stress tells what each step did', () => {
    const steps = [0, 10, 31, 32, 33].map((second, index) =>
      submit(index, second, {
        phase: second < 30 ? '1/s' : '2/s',
        ...(second === 33 ? { accepted: [], refusals: ['lane_saturated'] } : {}),
      }),
    );
    const run = runOf(steps, () => 25_000);
    expect(stepsOf(run, taskTimes(run))).toMatchObject([
      { name: '1/s', acceptedPerSecond: 0.1, endedPerSecond: 0, refused: 0, p50: 20 },
      { name: '2/s', acceptedPerSecond: 0.1, endedPerSecond: 0.1, refused: 1 },
    ]);
  });

  test('stress has a step keep up whose tasks are soon over, those of bulks left out, which wait for others', () => {
    const steps = [0, 31].map((second, index) => submit(index, second, { phase: index === 0 ? '1/s' : '2/s' }));
    const bulk = submit(2, 5, { phase: '1/s', kind: 'bulk' });
    const endOf = (lastOf: (id: string) => number) => {
      const run = runOf([...steps, bulk], lastOf);
      return stepsOf(run, taskTimes(run)).map(({ endedInTime }) => endedInTime);
    };
    expect(endOf((id) => (id === 't2' ? 25_000 : 200))).toEqual([1, 1]);
    expect(endOf(() => 25_000)).toEqual([0, 0]);
  });

  test('stress goes two steps beyond the one that is refused or answered too late', () => {
    const stepsWhere = (isLost: (step: number) => Partial<RequestRecord>) => {
      const seen = new SeenSoFar();
      const names: string[] = [];
      for (const { name } of stress.phases({ rate: 10, minutes: 5 }, seen)) {
        names.push(name);
        seen.add({ ...submit(names.length, 0), dueAt: Date.now(), endedAt: Date.now() + 20, ...isLost(names.length) });
      }
      return names.at(-1);
    };
    expect(stepsWhere(() => ({}))).toBe('100/s');
    expect(stepsWhere((step) => (step === 3 ? { refusals: ['lane_saturated'] } : {}))).toBe('50/s');
    expect(stepsWhere((step) => (step >= 3 ? { endedAt: Date.now() + 11_000 } : {}))).toBe('50/s');
  });

  test('spike tells when it is as before for good', () => {
    const phaseOf = (second: number) => (second < 20 ? 'before' : second < 30 ? 'spike' : 'after');
    const slowUntil = (last: number, to = 60) =>
      Array.from({ length: to }, (_, second) =>
        submit(second, second, {
          phase: phaseOf(second),
          endedAt: START + second * 1000 + (second >= 20 && second < last ? 900 : 20),
        }),
      );
    const recovery = (last: number) => recoveryOf({ requests: slowUntil(last) }, []).submitSeconds;
    expect(recovery(30)).toBe(0);
    expect(recovery(37)).toBe(10);
    expect(recovery(60)).toBeUndefined();
    expect(
      spike.evaluate(
        runOf(slowUntil(37), () => 50),
        [],
      ).tables[0]?.rows,
    ).toEqual([
      ['before', 20, 20, 20, 20, 0, 0],
      ['spike', 10, 900, 900, 900, 0, 0],
      ['after', 30, 20, 900, 900, 0, 0],
    ]);
  });

  test('endurance finds the process that grows, and answers that become slower', () => {
    const minutes = 20;
    const at = (second: number) => START + second * 1000;
    const seconds = Array.from({ length: minutes * 60 }, (_, second) => second);
    const groups = ['router', 'executors', 'local cloud', 'load generator'] as const;
    const processes = seconds.flatMap((second) =>
      groups.map((group, pid) => ({
        ...{ at: at(second), pid, group, cpuMilliseconds: 1 },
        residentBytes: (group === 'router' ? 60 : 60 + second / 20) * MB,
      })),
    );
    const slower = seconds.map((second) => submit(second, second, { endedAt: at(second) + 20 + second / 10 }));
    const run = runOf(slower, () => 500, { processes, loadEndedAt: at(minutes * 60) });
    const { findings, tables } = endurance.evaluate(run, taskTimes(run));
    expect(findings).toMatchObject([
      { value: 1, isGood: false },
      { value: 36 },
      { value: 51.2 },
      { isGood: false },
      { value: 1, isGood: true },
      { value: 0, isGood: true },
    ]);
    expect(tables[0]?.rows.map((row) => [row[0], row.at(-1)])).toEqual([
      ['executors, process 1', 'yes'],
      ['local cloud, process 2', 'yes'],
      ['router, process 0', 'no'],
    ]);
  });

  test.each([
    ['takes room for young objects, and keeps none of them', 0, 0, 'no'],
    ['keeps objects', 40, 0, 'yes'],
    ['keeps memory beside its heap', 0, 40, 'yes'],
  ])('endurance tells whether a process grows that %s', (_, heapMegabytes, nativeMegabytes, expected) => {
    const seconds = Array.from({ length: 1_200 }, (_, second) => second);
    const processes = seconds.map((second) => ({
      ...{ at: START + second * 1000, pid: 7, group: 'router', cpuMilliseconds: 1 },
      residentBytes: (60 + second / 20) * MB,
    }));
    const garbage = processes.map(({ at, pid }, second) => {
      const isFull = second % 60 === 0;
      const uncollected = isFull ? 0 : second / 20;
      return {
        ...{ at, pid, thread: 0, functionName: 'a-router', count: 1, milliseconds: 1, majors: 0, majorMilliseconds: 0 },
        isFull,
        heapBytes: (20 + (heapMegabytes * second) / seconds.length + uncollected) * MB,
        roomBytes: 30 * MB,
        processBytes: (70 + (nativeMegabytes * second) / seconds.length + uncollected) * MB,
      };
    });
    const requests = seconds.map((second) => submit(second, second));
    const run = runOf(requests, () => 500, { processes, garbage, loadEndedAt: START + 1_200_000 });
    const { findings, tables } = endurance.evaluate(run, taskTimes(run));
    expect(findings[0]?.value).toBe(expected === 'yes' ? 1 : 0);
    expect(tables[0]?.rows.map((row) => [row[0], row.at(-1)])).toEqual([['a-router, process 7', expected]]);
  });
});

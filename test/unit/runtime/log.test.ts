import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ENV } from '../../../functions/contract.ts';
import { log } from '../../../functions/runtime/log.ts';
import { writtenLines } from './written-lines.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 1) });
});
afterEach(() => {
  vi.useRealTimers();
});

const time = '2026-01-01T00:00:00.000Z';

describe('log', () => {
  it.each(['info', 'warn', 'error'] as const)('writes one line of JSON at level %s', (level) => {
    expect(writtenLines(() => log(level, 'request', { status: 202, route: null }))).toEqual([
      { level, event: 'request', time, status: 202, route: null },
    ]);
  });

  it('keeps what has many lines on one', () => {
    const reason = 'Error: boom\n    at here\r\n    at there\u2028';
    expect(writtenLines(() => log('error', 'request failed', { reason }))).toEqual([
      { level: 'error', event: 'request failed', time, reason },
    ]);
  });

  it('leaves out what is not there', () => {
    expect(writtenLines(() => log('info', 'request', { trace_id: undefined }))).toEqual([
      { level: 'info', event: 'request', time },
    ]);
  });

  it('writes whatever it is given', () => {
    const circle: { self?: unknown } = {};
    circle.self = circle;
    expect(writtenLines(() => log('info', 'request', { id: 10n, circle }))).toMatchObject([{ id: '[a bigint]' }]);
  });

  it('writes nothing that a terminal would obey, and loses none of it', () => {
    const text = 'a\u001b[2J\u009b31m\u007f\u202eb\u{e0041}c';
    const written: string[] = [];
    const write = vi.spyOn(process.stdout, 'write').mockImplementation((line) => written.push(String(line)) > 0);
    log('info', 'request', { text });
    write.mockRestore();
    expect(written.join('').trimEnd()).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(JSON.parse(written.join(''))).toMatchObject({ text });
  });
});

describe('without lines of what went well', () => {
  beforeEach(() => {
    vi.stubEnv(ENV.routineLogs, 'false');
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });
  const written = (...line: Parameters<typeof log>) => writtenLines(() => log(...line)).length;

  it.each([
    ['request', { route: 'POST /api/tasks', status: 202 }],
    ['attempt ended', { task_id: 'a', task_status: 'succeeded' }],
    ['projected', { records: 3, failed_from: null }],
    ['authorized', { tenant: 'acme' }],
  ])('leaves out "%s"', (event, fields) => {
    expect(written('info', event, fields)).toBe(0);
    vi.stubEnv(ENV.routineLogs, undefined);
    expect(written('info', event, fields)).toBe(1);
  });

  it.each([
    ['info', 'request', { route: 'POST /api/tasks', status: 429 }],
    ['info', 'request', { route: 'POST /api/tasks', status: 503 }],
    ['info', 'projected', { records: 3, failed_from: '17' }],
    ['info', 'authorized', { tenant: null }],
    ['info', 'redriven', { messages: 3 }],
    ['warn', 'attempt failed', { task_id: 'a', error: 'timeout' }],
    ['warn', 'attempt ended', { task_status: 'succeeded' }],
    ['error', 'request', { status: 202 }],
  ] as const)('writes %s "%s" %o', (level, event, fields) => {
    expect(written(level, event, fields)).toBe(1);
  });

  it.each(['request', 'attempt ended', 'projected', 'authorized', 'constructor'])(
    'writes "%s" of a handler',
    (message) => {
      const fields = { status: 200, task_status: 'succeeded', failed_from: null, tenant: 'acme' };
      expect(written('info', message, { task_id: 'a', fields })).toBe(1);
    },
  );
});

import { describe, expect, test } from 'vitest';
import { parsePlanArguments, planCommand } from '../../../planner/plan-arguments.ts';
import { MILLISECOND, MINUTE, SECOND } from '../../../planner/time.ts';

const complete = ['--rate', '2000/s', '--duration', '300ms'];

describe('the arguments of plan', () => {
  test.each([
    [[], /--duration is missing: write --duration 300ms/],
    [['--duration', '1s'], /nothing to plan: give --rate 2000\/s, --backlog 1000000, or both/],
    [['--duration', 'fast', '--rate', '1/s'], /--duration "fast" must be a time from 0.001 s to 50 s/],
    [['--duration', '2m', '--rate', '1/s'], /--duration "2m" must be a time from 0.001 s to 50 s/],
    [['--duration', '1s', '--rate', '2000'], /--rate "2000" must be tasks by time/],
    [['--duration', '1s', '--rate', '0/s'], /--rate "0\/s" must be tasks by time/],
    [[...complete, '--class', 'gpu'], /--class "gpu" must be one of default, io-intensive/],
    [[...complete, '--mix', 'high=1,urgent=2'], /--mix "high=1,urgent=2" must give lanes \(high, normal, low, batch\)/],
    [[...complete, '--mix', 'high=1,high=2'], /names a lane twice/],
    [[...complete, '--mix', 'high=0'], /gives no lane anything/],
    [[...complete, '--spike', '10x'], /--spike "10x" must say how many times the rate/],
    [[...complete, '--spike', '10x@2m..60s'], /must end after it begins/],
    [[...complete, '--spike', '10x@soon..60s'], /--spike "soon" must be a time/],
    [[...complete, '--backlog', '-5'], /backlog/],
    [[...complete, '--backlog', 'many'], /--backlog "many" must be a whole number from 0 to 100000000/],
    [[...complete, '--bulk', '1001'], /--bulk "1001" must be a whole number from 1 to 1000/],
    ...['20', '0%', '101%', 'many', '20%@', '20%@soon'].map((text): [string[], RegExp] => [
      [...complete, '--waited', text],
      /--waited ".+" must be (a share of the tasks, up to 100%: 20%, or 20%@10s|a time)/,
    ]),
    [[...complete, '--spread', 'normal'], /--spread "normal" must be one of fixed, exponential/],
    [[...complete, '--for', '30d'], /--for "30d" must be a time from 0 s to 604800 s/],
    [[...complete, '-c', 'preset'], /--context "preset" must be name=value/],
    [[...complete, '--region', 'x'], /^Unknown option '--region'\.$/],
    [[...complete, 'more'], /nothing to do with "more"/],
  ])('%j are refused in one sentence', (args, message) => {
    expect(() => parsePlanArguments(args)).toThrow(message);
  });

  test('are taken with their defaults', () => {
    expect(parsePlanArguments(complete)).toEqual({
      resourceClass: 'default',
      load: { tasksPerSecond: 2000, lasting: 60 * MINUTE, spikes: [], backlog: 0, mix: { normal: 1 }, bulk: 1 },
      service: {
        duration: 300 * MILLISECOND,
        spread: 'fixed',
        coldStart: 800 * MILLISECOND,
        overhead: 15 * MILLISECOND,
        delivery: 30 * MILLISECOND,
      },
      tenants: 1,
      tags: 0,
      tablePeakPerSecond: 0,
      seed: 1,
      context: {},
      json: false,
    });
  });

  test('say which tasks are waited for, and how long', () => {
    const waitingOf = (text: string) => parsePlanArguments([...complete, '--waited', text]).waiting;
    expect(waitingOf('20%')).toEqual({ share: 0.2, longest: undefined });
    expect(waitingOf('100%@10s')).toEqual({ share: 1, longest: 10 * SECOND });
  });

  test('are taken in full', () => {
    const more = ['--mix', 'high=10,low=30', '--for', '10m', '--spike', '10x@60s..1.5m', '--spike', '2x@2m..3m'];
    const args = parsePlanArguments(['--rate=600/min', '--duration=2s', ...more, '-c', 'preset=dev', '--json']);
    expect(args).toMatchObject({
      load: {
        tasksPerSecond: 10,
        lasting: 10 * MINUTE,
        mix: { high: 0.25, low: 0.75 },
        spikes: [
          { factor: 10, from: MINUTE, to: 90 * SECOND },
          { factor: 2, from: 2 * MINUTE, to: 3 * MINUTE },
        ],
      },
      context: { preset: 'dev' },
      json: true,
    });
  });

  test('of a backlog alone: nothing more is submitted', () => {
    expect(parsePlanArguments(['--backlog', '1_000_000', '--duration', '1s']).load).toMatchObject({
      tasksPerSecond: 0,
      lasting: 0,
      backlog: 1_000_000,
    });
  });

  test('are told of by the help', () => {
    for (const option of ['--rate', '--spike', '--backlog', '--mix', '--context', '--json'])
      expect(planCommand.helpInformation()).toContain(option);
  });
});

import { ArgumentError } from '../cli/npm-command.ts';
import { SHARED_LANE_KINDS, type SharedLaneKind } from '../functions/contract.ts';
import type { Spike } from './simulation/load.ts';
import { HOUR, MILLISECOND, MINUTE, type Micros, SECOND } from './time.ts';

/** A load lasts no longer than this. */
export const LONGEST_SECONDS = 7 * 86_400;

const UNITS: Readonly<Record<string, Micros>> = {
  ms: MILLISECOND,
  s: SECOND,
  m: MINUTE,
  min: MINUTE,
  h: HOUR,
};

/** Reads a time within limits, `300ms`. Throws `ArgumentError`, as all of these do. */
export function timeBetween(option: string, minSeconds: number, maxSeconds: number): (text: string) => Micros {
  return (text) => {
    const [, number, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|min|h)$/.exec(text.trim()) ?? [];
    const time = Math.round(Number(number) * (UNITS[unit] ?? Number.NaN));
    if (time >= minSeconds * SECOND && time <= maxSeconds * SECOND) return time;
    throw new ArgumentError(
      `--${option} "${text}" must be a time from ${minSeconds} s to ${maxSeconds} s, such as 300ms, 2s, 5m or 1h.`,
    );
  };
}

/** Reads a rate, `500/min`, as tasks a second. */
export function rateOf(text: string): number {
  const [, number, unit = ''] = /^([\d_.]+)\/(s|m|min|h)$/.exec(text.trim()) ?? [];
  const tasksPerSecond = Number(number?.replaceAll('_', '')) / ((UNITS[unit] ?? Number.NaN) / SECOND);
  if (tasksPerSecond > 0 && tasksPerSecond <= 1_000_000) return tasksPerSecond;
  throw new ArgumentError(`--rate "${text}" must be tasks by time, up to 1000000/s: 2000/s, 500/min or 10000/h.`);
}

/** Reads a spike, `10x@60s..120s`. */
export function spikeOf(text: string): Spike {
  const [, factor, start, end] = /^(\d+(?:\.\d+)?)x@(.+?)\.\.(.+)$/.exec(text.trim()) ?? [];
  if (factor === undefined || start === undefined || end === undefined) {
    throw new ArgumentError(
      `--spike "${text}" must say how many times the rate, and from when to when: 10x@60s..120s.`,
    );
  }
  const timeOf = timeBetween('spike', 0, LONGEST_SECONDS);
  const from = timeOf(start);
  const to = timeOf(end);
  if (from >= to) throw new ArgumentError(`--spike "${text}" must end after it begins.`);
  return { factor: Number(factor), from, to };
}

/** Reads which share of tasks is waited for, `20%`, and after how long callers give up, `20%@10s`. */
export function waitedOf(text: string): { readonly share: number; readonly longest: Micros | undefined } {
  const [, percent, longest] = /^(\d+(?:\.\d+)?)%(?:@(.+))?$/.exec(text.trim()) ?? [];
  const share = Number(percent) / 100;
  if (share > 0 && share <= 1) {
    return { share, longest: longest === undefined ? undefined : timeBetween('waited', 0.1, LONGEST_SECONDS)(longest) };
  }
  throw new ArgumentError(`--waited "${text}" must be a share of the tasks, up to 100%: 20%, or 20%@10s.`);
}

/** Reads how tasks divide among lanes, `high=10,low=30`, as shares that add up to 1. */
export function mixOf(text: string): Readonly<Partial<Record<SharedLaneKind, number>>> {
  const parts = text.split(',').map((part): readonly [SharedLaneKind, number] => {
    const [, name = '', share] = /^\s*([a-z]+)=(\d+(?:\.\d+)?)\s*$/.exec(part) ?? [];
    const kind = SHARED_LANE_KINDS.find((known) => known === name);
    if (kind !== undefined && share !== undefined) return [kind, Number(share)];
    throw new ArgumentError(
      `--mix "${text}" must give lanes (${SHARED_LANE_KINDS.join(', ')}) a number each: high=10,low=30.`,
    );
  });
  const sum = parts.reduce((total, [, share]) => total + share, 0);
  if (new Set(parts.map(([kind]) => kind)).size < parts.length) {
    throw new ArgumentError(`--mix "${text}" names a lane twice.`);
  }
  if (sum === 0) throw new ArgumentError(`--mix "${text}" gives no lane anything.`);
  return Object.fromEntries(parts.map(([kind, share]) => [kind, share / sum]));
}

/** Reads a whole number within limits, `1_000`. */
export function wholeNumber(option: string, min: number, max: number): (text: string) => number {
  return (text) => {
    const number = Number(text.replaceAll('_', ''));
    if (/^[\d_]+$/.test(text) && number >= min && number <= max) return number;
    throw new ArgumentError(`--${option} "${text}" must be a whole number from ${min} to ${max}.`);
  };
}

/** Reads one of the known words. */
export function oneOf<const T extends string>(option: string, known: readonly T[]): (text: string) => T {
  return (text) => {
    const found = known.find((name) => name === text);
    if (found !== undefined) return found;
    throw new ArgumentError(`--${option} "${text}" must be one of ${known.join(', ')}.`);
  };
}

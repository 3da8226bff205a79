import { parseTaskId } from '../functions/core/task/ids.ts';
import { ArgumentError } from './npm-command.ts';

/** Reads a whole number from 1 on. Throws `ArgumentError`, as all of these do. */
export function countOf(option: string): (text: string) => number {
  return (text) => {
    if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
    throw new ArgumentError(`--${option} "${text}" must be a whole number from 1 on.`);
  };
}

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** Reads a length of time, `90s`, as seconds. */
export function secondsOf(option: string): (text: string) => number {
  return (text) => {
    const [, count, unit = ''] = /^([1-9]\d{0,5})([smhd])$/.exec(text) ?? [];
    const each = UNIT_SECONDS[unit];
    if (each !== undefined) return Number(count) * each;
    throw new ArgumentError(`--${option} "${text}" must be a number of s, m, h or d: 90s, 10m, 2h.`);
  };
}

/** Reads a length of time as whole minutes. */
export function minutesOf(option: string): (text: string) => number {
  return (text) => {
    const minutes = secondsOf(option)(text) / 60;
    if (Number.isInteger(minutes)) return minutes;
    throw new ArgumentError(`--${option} "${text}" must be whole minutes: 15m, 2h, 1d.`);
  };
}

/** Reads a point of time, as ISO 8601 writes it with its zone. */
export function timeOf(option: string): (text: string) => string {
  return (text) => {
    if (/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text))) {
      return new Date(text).toISOString();
    }
    throw new ArgumentError(`--${option} "${text}" must be a time with its zone, such as 2026-01-31T06:30:00Z.`);
  };
}

type Beginning = { readonly since?: number | undefined; readonly from?: string | undefined };

/** Returns from when on: so many seconds ago, or then. Throws `ArgumentError` where both are said. */
export function beginningOf({ since, from }: Beginning): Date | string | undefined {
  if (since === undefined) return from;
  if (from !== undefined) throw new ArgumentError('--since and --from say two times: give one.');
  return new Date(Date.now() - since * 1000);
}

/** Reads the id of a task. */
export const taskIdOf = idOf('task', 'millrace list');

/** Reads the id of a bulk action, which is that of the task which carries it out. */
export const bulkActionIdOf = idOf('bulk action', 'millrace bulk-actions');

function idOf(what: string, list: string): (text: string) => string {
  return (text) => {
    const id = parseTaskId(text);
    if (id !== undefined) return id;
    throw new ArgumentError(`"${text}" is no id of a ${what}: \`${list}\` shows those that there are.`);
  };
}

/** Reads the ids of tasks, one by one. */
export const taskIdsOf = (text: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  taskIdOf(text),
];

/** Reads tags, one by one. The API says what is wrong with one. */
export const tagsOf = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];

/** Reads an assignee, `<type>:<id>`. */
export function assigneeOf(text: string): { readonly type: string; readonly id: string } {
  const [, type, id] = /^([^:]+):(.+)$/s.exec(text) ?? [];
  if (type !== undefined && id !== undefined) return { type, id };
  throw new ArgumentError(`--assignee "${text}" must be <type>:<id>, such as user:u-17.`);
}

/** Reads a list of names, `a,b`. */
export function listOf(option: string): (text: string) => readonly string[] {
  return (text) => {
    const names = text.split(',').map((name) => name.trim());
    if (names.every((name) => name !== '')) return names;
    throw new ArgumentError(`--${option} "${text}" must be names with commas between them.`);
  };
}

const END_STATUSES = ['succeeded', 'failed', 'cancelled'] as const;

/** Reads how tasks have to end to be told of, `failed,cancelled`. */
export function endStatusesOf(option: string): (text: string) => (typeof END_STATUSES)[number][] {
  return (text) =>
    listOf(option)(text).map((name) => {
      const status = END_STATUSES.find((known) => known === name);
      if (status !== undefined) return status;
      throw new ArgumentError(`--${option} knows no "${name}"; there are ${END_STATUSES.join(', ')}.`);
    });
}

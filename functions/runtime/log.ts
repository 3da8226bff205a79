import { ENV } from '../contract.ts';
import type { Log } from '../core/ports.ts';
import { loggedValueOf } from '../core/thrown.ts';
import { withoutSecrets } from './hidden-secrets.ts';
import { withSourcePositions } from './source-positions.ts';

/** Finds what a terminal would obey, or take for the end of a line; in JSON it is only within texts. */
const OBEYED = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

type Fields = Parameters<Log>[2];

/**
 * Tells lines of what went well by a field that only they have. A line of a handler may have any name, but its fields stand apart
 * from ours.
 */
const ROUTINE: Readonly<Record<string, (fields: Fields) => boolean>> = {
  request: ({ status }) => Number(status) < 400,
  'attempt ended': ({ task_status: status }) => status !== undefined,
  projected: ({ failed_from: from }) => from === null,
  authorized: ({ tenant }) => typeof tenant === 'string',
};

function isRoutine(level: string, event: string, fields: Fields): boolean {
  return level === 'info' && Object.hasOwn(ROUTINE, event) && ROUTINE[event]?.(fields) === true;
}

/**
 * Writes each event as one line of JSON, past Lambda's own console: what CloudWatch Logs Insights can query. Where the deployment
 * wants no lines of what went well, those are left out; no line has a secret that was read here. Never throws: what JSON cannot
 * carry is named in its place.
 */
export const log: Log = (level, event, fields) => {
  if (process.env[ENV.routineLogs] === 'false' && isRoutine(level, event, fields)) return;
  const record = lineOf({ ...fields, level, event, time: new Date().toISOString() });
  const line = withoutSecrets(record).replace(OBEYED, escaped);
  process.stdout.write(`${level === 'info' ? line : withSourcePositions(line)}\n`);
};

function lineOf(record: Readonly<Record<string, unknown>>): string {
  try {
    return JSON.stringify(record);
  } catch {
    return JSON.stringify(loggedValueOf(record));
  }
}

/** Escapes each unit of a character, which may have two. */
const escaped = (character: string): string =>
  Array.from(character.split(''), (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');

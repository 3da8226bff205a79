import * as z from 'zod';
import { once } from '../../core/concurrency.ts';
import { parsedJson } from '../../core/parsed-json.ts';
import { type LogPosition, readTaskLogs } from '../../core/task/task-logs.ts';
import { invalidCursor, pageOf, pageParameters, pageShape, parseQuery, placeBehind } from '../http/page.ts';
import { orUnavailable, Problem } from '../http/problem.ts';
import type { Route } from '../route.ts';
import { loadTask, taskIdParameter } from '../routes/task-view.ts';
import { loadAttempts } from './list-attempts.ts';

const querySchema = once(() => z.strictObject(pageShape()));

const lineSchema = once(() =>
  z
    .strictObject({
      time: z.iso.datetime(),
      level: z.enum(['info', 'warn', 'error']),
      message: z.string(),
      attempt: z.int().optional().describe('Missing where the line is about a whole batch'),
      fields: z.record(z.string(), z.unknown()).optional(),
    })
    .meta({ id: 'LogLine' }),
);

/** CloudWatch takes five calls a second of an account in some regions: so long after, it takes others. */
const BUSY_SECONDS = 2;

export const listTaskLogs: Route = {
  operationId: 'listTaskLogs',
  summary: 'List what was logged about a task, while it runs, too',
  parameters: [taskIdParameter, ...pageParameters],
  response: {
    status: 200,
    description:
      'A page, the oldest line first; the last where nextCursor is null. Another is short, or empty, where the time was over: ' +
      'then go on with its nextCursor. Lines come some seconds after they were written, and are kept as long as the deployment keeps its logs',
    schema: () => pageOf(lineSchema()),
  },
  problems: ['invalid_request', 'not_found', 'unavailable'],

  async handle(request, caller, ports) {
    const { limit, cursor } = parseQuery(querySchema(), request);
    const start = placeBehind(cursor, parsePosition);
    const task = await loadTask(request, caller, ports);
    const page = await orUnavailable(readTaskLogs(task, await loadAttempts(task, ports), { limit, start }, ports));
    if (page === 'stale') throw invalidCursor();
    if (page === 'busy') {
      const headers = { 'retry-after': String(BUSY_SECONDS) };
      throw new Problem('unavailable', 'the logs are asked for more often than they can be read: try again', {
        headers,
      });
    }
    return {
      status: 200,
      body: { items: page.lines, nextCursor: page.next === undefined ? null : cursorOf(page.next) },
    };
  },
};

const cursorSchema = once(() => {
  const whole = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
  return z.union([
    z.tuple([whole, whole.max(10_000)]),
    z.tuple([whole, whole.max(10_000), whole, z.string().max(4_000)]),
  ]);
});

/** Writes a place as its caller hands it back. Whoever forges one reaches nothing but another moment of the same task. */
function cursorOf({ from, skip, within }: LogPosition): string {
  const parts = within === undefined ? [from, skip] : [from, skip, within.to, within.token];
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

function parsePosition(cursor: string): LogPosition | undefined {
  const parsed = cursorSchema().safeParse(parsedJson(Buffer.from(cursor, 'base64url').toString()));
  if (!parsed.success) return undefined;
  const [from, skip, to, token] = parsed.data;
  return to === undefined || token === undefined ? { from, skip } : { from, skip, within: { to, token } };
}

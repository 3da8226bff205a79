import * as z from 'zod';
import { MAX_WAIT_SECONDS } from '../../contract.ts';
import { once } from '../../core/concurrency.ts';
import { isFinished } from '../../core/task/task.ts';
import { waitForEnd } from '../../core/wait/wait-for-end.ts';
import { parseQuery, queryParameter } from '../http/page.ts';
import type { Caller, Request, Response, Route, RouterPorts } from '../route.ts';
import { loadTask, loadTaskView, noSuchTask, taskIdParameter, taskSchema } from './task-view.ts';

/** What reading a task takes. */
export type ReadPorts = Pick<
  RouterPorts,
  'store' | 'payloads' | 'slots' | 'clock' | 'sleep' | 'log' | 'meter' | 'queueNamePrefix'
>;

const SECONDS_RULE = `must be a whole number of seconds from 0 to ${MAX_WAIT_SECONDS}, given once`;

/** A parameter that is repeated comes with commas, and is no number. */
const querySchema = once(() =>
  z.strictObject({
    waitSeconds: z
      .string()
      .regex(/^\d{1,2}$/, SECONDS_RULE)
      .transform(Number)
      .refine((seconds) => seconds <= MAX_WAIT_SECONDS, SECONDS_RULE)
      .optional(),
  }),
);

/** An HTTP API waits 30 s for its function, a cold start included: so long after it was asked, a wait ends whatever it was to be. */
const LONGEST_MILLISECONDS = 27_000;

/** Whoever could not wait is told so, and to ask again after a second. */
const NOT_WAITED = { 'retry-after': '1', 'millrace-waiting': 'full' };

export const getTask: Route<Caller, ReadPorts> = {
  operationId: 'getTask',
  summary: 'Read a task with its output or error, and wait for its end',
  parameters: [
    taskIdParameter,
    queryParameter(
      'waitSeconds',
      'Answer as soon as the task has ended, or after so many seconds; at once unless given',
      () => z.int().min(0).max(MAX_WAIT_SECONDS).optional(),
    ),
  ],
  response: {
    status: 200,
    description: 'The task, as it is then',
    schema: taskSchema,
    headers: {
      'Retry-After': 'Seconds after which to ask again, where the call was to wait and could not',
      'Millrace-Waiting': '`full` where the call was to wait and could not, since as many callers wait as may',
    },
  },
  problems: ['invalid_request', 'not_found', 'answer_too_large', 'unavailable'],

  async handle(request, caller, ports): Promise<Response> {
    const { waitSeconds = 0 } = parseQuery(querySchema(), request);
    const task = await loadTask(request, caller, ports);
    if (waitSeconds === 0 || isFinished(task)) return { status: 200, body: await loadTaskView(task, ports) };
    const wait = await waitForEnd(task, endOfWait(waitSeconds, request, ports), ports);
    if (wait.result === 'missing') throw noSuchTask();
    if (wait.result === 'waited') return { status: 200, body: await loadTaskView(wait.task, ports) };
    return { status: 200, headers: NOT_WAITED, body: await loadTaskView(task, ports) };
  },
};

const endOfWait = (seconds: number, { receivedAt }: Request, { clock }: ReadPorts): number =>
  Math.min(clock() + seconds * 1000, receivedAt + LONGEST_MILLISECONDS);

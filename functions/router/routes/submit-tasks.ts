import * as z from 'zod';
import { MAX_BULK_TASKS } from '../../contract.ts';
import { mapConcurrently, once } from '../../core/concurrency.ts';
import type { TaskId } from '../../core/task/ids.ts';
import type { NewTask, Task } from '../../core/task/task.ts';
import type { JsonBody } from '../http/body.ts';
import {
  charactersOf,
  fieldErrors,
  Problem,
  problemDocument,
  problemSchema,
  type Room,
  toProblem,
} from '../http/problem.ts';
import type { Caller, Route, RouterPorts } from '../route.ts';
import { type Acceptance, fitsQueue, queueDelayOf, recordAcceptance } from '../submit/accept.ts';
import { checkRate, chooseLane } from '../submit/admit.ts';
import { documentedBulk } from '../submit/documented-submits.ts';
import { makeTask, parseSubmission, submittedBody } from '../submit/submission.ts';
import { checkSameSubmit, resolveKey } from '../submit/submit-key.ts';
import { bulkTaskSchema, idempotencyKeyOf, idempotencyKeyParameter, ownKeyOf } from '../submit/submit-schema.ts';
import { summaryOf, taskSummarySchema, withoutResult } from './task-view.ts';

/** Each task is read by itself: the document says what it may be. */
const bulkSchema = once(() => z.strictObject({ tasks: z.array(z.unknown()).min(1).max(MAX_BULK_TASKS) }));

const resultsSchema = once(() => {
  const count = z.int().min(0).max(MAX_BULK_TASKS);
  const accepted = z.strictObject({
    index: count,
    status: z.literal('accepted'),
    task: taskSummarySchema(),
    replayed: z.literal(true).optional().describe('The task is that of an earlier submit of the same key'),
  });
  const rejected = z.strictObject({ index: count, status: z.literal('rejected'), problem: problemSchema() });
  return z.strictObject({ accepted: count, rejected: count, results: z.array(z.union([accepted, rejected])) });
});
type Result = z.infer<ReturnType<typeof resultsSchema>>['results'][number];

/** So many calls to the table are under way at a time: the AWS SDK keeps 50 connections to one host. */
const PARALLEL = 50;

export const submitTasks: Route = {
  operationId: 'submitTasks',
  summary: `Submit up to ${MAX_BULK_TASKS} tasks`,
  parameters: [
    {
      ...idempotencyKeyParameter,
      description:
        'Submitting again with the same key and tasks answers with the first tasks, place by place; a task with a key of its own ' +
        'goes by that',
    },
  ],
  requestBody: documentedBulk,
  response: {
    status: 202,
    description: 'What became of each, in the order of the request; all or some may be rejected',
    schema: resultsSchema,
  },
  problems: ['invalid_request', 'payload_too_large', 'unsupported_media_type', 'rate_limited'],

  async handle(request, caller, ports) {
    const body = await submittedBody(request, caller, ports);
    const parsed = bulkSchema().safeParse(body.value);
    if (!parsed.success) {
      await checkRate(caller, ports);
      throw new Problem('invalid_request', 'the body is not what this call takes', {
        errors: fieldErrors(parsed.error.issues),
      });
    }
    const results = await submitAll(body.itemsOf('tasks'), idempotencyKeyOf(request), caller, ports);
    const acceptedCount = results.filter(({ status }) => status === 'accepted').length;
    const counts = { accepted: acceptedCount, rejected: results.length - acceptedCount };
    return {
      status: 202,
      body: { ...counts, results },
      shorter: () => ({ ...counts, results: results.map(withoutTexts) }),
    };
  },
};

/** Holds either what a step has made of one task, or why it ends here. */
type Step<T> = { readonly value: T } | { readonly problem: Problem };

/** Holds a task that is let in and whose payload is stored, or that an earlier submit of its key has made. */
type Prepared = { readonly task: NewTask; readonly isKeyed: boolean } | { readonly earlier: Task };

/** Stores all payloads, then sends all messages, then writes all rows: the order of a single submit, a thousand at a time. */
async function submitAll(
  bodies: readonly JsonBody[],
  key: string | undefined,
  caller: Caller,
  ports: RouterPorts,
): Promise<Result[]> {
  const prepared = await mapConcurrently(bodies, PARALLEL, (body, place) =>
    // No header can carry a line break, so that no single submit has this key.
    step(ports, () => prepare(body, ownKeyOf(body) ?? (key && `${key}\n${place}`), bodies.length, caller, ports)),
  );
  const fresh = firstOfEach(prepared);
  const unsent = await send([...fresh.values()], ports);
  const recorded = new Map<TaskId, Promise<Acceptance>>();
  const ends = await mapConcurrently(prepared, PARALLEL, (one) =>
    step(ports, async () => {
      if ('problem' in one) throw one.problem;
      if ('earlier' in one.value) return { task: one.value.earlier, isReplay: true };
      const { task, isKeyed } = one.value;
      const first = fresh.get(task.id) ?? task;
      checkSameSubmit(first, task);
      const acceptance = recorded.get(task.id) ?? recordAcceptance(first, isKeyed, !unsent.has(task.id), ports);
      recorded.set(task.id, acceptance);
      return first === task ? acceptance : { ...(await acceptance), isReplay: true };
    }),
  );
  return resultsOf(ends, caller, ports);
}

/** Returns the tasks to be sent by their ids. Of tasks with one key the first is sent; the others stand for it, or are refused. */
function firstOfEach(prepared: readonly Step<Prepared>[]): ReadonlyMap<TaskId, NewTask> {
  const first = new Map<TaskId, NewTask>();
  for (const one of prepared) {
    if ('problem' in one || 'earlier' in one.value) continue;
    const { task } = one.value;
    if (!first.has(task.id)) first.set(task.id, task);
  }
  return first;
}

/** Does what a single submit does before it sends. */
async function prepare(
  body: JsonBody,
  idempotencyKey: string | undefined,
  together: number,
  caller: Caller,
  ports: RouterPorts,
): Promise<Prepared> {
  const submission = await parseSubmission(body, idempotencyKey, caller, ports, bulkTaskSchema);
  const executorKey = await chooseLane(submission, together, caller, ports);
  const keyed = await resolveKey(submission.draft, submission.submitKey, ports);
  if ('earlier' in keyed) return keyed;
  const task = await makeTask(submission, keyed.id, executorKey, ports);
  return { task: { ...task, submittedTogether: together }, isKeyed: idempotencyKey !== undefined };
}

/** Sends what SQS can hold; returns the ids of the tasks that the sweeper has to send. */
async function send(tasks: readonly NewTask[], { queue, log }: RouterPorts): Promise<ReadonlySet<TaskId>> {
  const refused = await queue.sendAll(
    tasks.filter(fitsQueue).map((task) => ({ task, delaySeconds: queueDelayOf(task) })),
  );
  if (refused.size > 0) log('warn', 'messages not sent: the sweeper will send them', { tasks: refused.size });
  return new Set([...refused, ...tasks.filter((task) => !fitsQueue(task)).map(({ id }) => id)]);
}

async function step<T>(ports: RouterPorts, work: () => Promise<T>): Promise<Step<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    return { problem: toProblem(error, ports) };
  }
}

/** So many wrong fields are listed of one task, and of all together beyond the first of each. */
const ROOM_OF_ONE: Room = { errors: 20, characters: 4_000 };
const ROOM_OF_ALL: Room = { errors: 100, characters: 400_000 };

function resultsOf(ends: readonly Step<Acceptance>[], { scopes }: Caller, ports: RouterPorts): Result[] {
  const mayRead = scopes.includes('read');
  const left = { ...ROOM_OF_ALL };
  return ends.map((end, index) => {
    if ('value' in end) {
      const { task, isReplay } = end.value;
      const summary = summaryOf(task, ports);
      if (!isReplay) return { index, status: 'accepted', task: summary };
      return { index, status: 'accepted', task: mayRead ? summary : withoutResult(summary), replayed: true };
    }
    const problem = problemDocument(end.problem, {
      errors: Math.min(ROOM_OF_ONE.errors, 1 + left.errors),
      characters: Math.min(ROOM_OF_ONE.characters, left.characters),
    });
    const { errors = [] } = problem;
    left.errors -= Math.max(0, errors.length - 1);
    left.characters -= errors.reduce((sum, error) => sum + charactersOf(error), 0);
    return { index, status: 'rejected', problem };
  });
}

/** Says which task was accepted, without what it may carry of any length. */
function withoutTexts(result: Result): Result {
  if (result.status === 'rejected') return result;
  const { assignee: _, workflowInstanceId: _id, ...task } = withoutResult(result.task);
  return { ...result, task };
}

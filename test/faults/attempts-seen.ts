import { setTimeout as sleep } from 'node:timers/promises';
import { call } from '../e2e/api.ts';
import { startReceiver } from '../e2e/receiver.ts';

/** One request of an `http.request` task, as its receiver saw it; `at` in milliseconds. */
export type AttemptSeen = { readonly task: string; readonly attempt: number; readonly at: number };

/** Starts a receiver that takes its time, and notes which attempt of which task asks it. */
export async function startWitness(answerMilliseconds: () => number) {
  const attempts: AttemptSeen[] = [];
  /** The attempts that have no answer yet, by the port that they came from. */
  const open = new Map<number, AttemptSeen>();
  const receiver = await startReceiver(() => async ({ headers, socket: { remotePort = 0 } }, response) => {
    const seen = {
      task: String(headers['idempotency-key']),
      attempt: Number(headers['millrace-attempt']),
      at: performance.now(),
    };
    attempts.push(seen);
    open.set(remotePort, seen);
    await sleep(answerMilliseconds());
    open.delete(remotePort);
    response.end('done');
  });
  return { url: receiver.url, attempts, open, close: () => receiver.close() };
}

/** Returns the attempts that were seen more than once: none should be. */
export function repeatedAmong(attempts: readonly AttemptSeen[]): string[] {
  const seen = Map.groupBy(attempts, ({ task, attempt }) => `${task}: attempt ${attempt}`);
  return [...seen].flatMap(([name, times]) => (times.length > 1 ? [name] : []));
}

type Listed = { readonly id: string; readonly status: string; readonly attempt: number };

/** Lists all tasks of a workflow. */
async function tasksOf(workflowInstanceId: string): Promise<Listed[]> {
  const tasks: Listed[] = [];
  let cursor: unknown = null;
  do {
    const after = cursor === null ? '' : `&cursor=${cursor}`;
    const { status, body } = await call('GET', `/api/tasks?limit=100&workflowInstanceId=${workflowInstanceId}${after}`);
    if (status !== 200) throw new Error(`the list was answered with ${status}: ${JSON.stringify(body)}`);
    tasks.push(...(body.items as Listed[]));
    cursor = body.nextCursor;
  } while (typeof cursor === 'string');
  return tasks;
}

/** Waits until all tasks of a workflow have ended, or until `deadline` (milliseconds since the epoch); says how they are. */
export async function endedTasks(workflowInstanceId: string, deadline: number): Promise<Listed[]> {
  for (;;) {
    const tasks = await tasksOf(workflowInstanceId);
    const open = tasks.filter(({ status }) => !['succeeded', 'failed', 'cancelled'].includes(status));
    if (open.length === 0 || Date.now() > deadline) return tasks;
    await sleep(2_000);
  }
}

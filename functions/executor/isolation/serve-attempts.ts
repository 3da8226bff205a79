import { setImmediate as turn } from 'node:timers/promises';
import { type MessagePort, resourceLimits } from 'node:worker_threads';
import { FanOut, findDefinition, type TaskCatalog, type TaskContext } from '../../core/define-task.ts';
import type { HttpClients } from '../../core/http-client.ts';
import type { Log } from '../../core/ports.ts';
import { ATTEMPT_OVER, AttemptScope, attemptHttp } from '../attempt/attempt-scope.ts';
import { baseContext, callHandler } from '../attempt/run-handler.ts';
import { progressOf } from '../attempt/watch-attempt.ts';
import { loggable } from '../telemetry.ts';
import { guardProcess } from './guard-process.ts';
import {
  type Abort,
  type FromThread,
  type Job,
  packThrown,
  type Report,
  type Thrown,
  unpackThrown,
} from './thread-messages.ts';

type Tools = { readonly catalog: TaskCatalog; readonly http: HttpClients };

/** The side of the thread: makes each attempt that it is sent, and reports it to who sent it. */
export function serveAttempts(jobs: MessagePort, tools: Tools): void {
  const log: Log = (...line) => jobs.postMessage({ line } satisfies FromThread);
  guardProcess(log);
  jobs.on('message', (job: Job) => attempt(job, log, tools));
}

async function attempt(job: Job, log: Log, { catalog, http }: Tools): Promise<void> {
  const { task, port } = job;
  const report = (what: Report): void => port.postMessage(what);
  report({ begun: true });
  const ended = Promise.withResolvers<Report>();
  const failed = (thrown: unknown): void => ended.resolve({ thrown: packed(thrown) });
  const fields = { task_id: task.id, task_type: task.type, attempt: task.attempt };
  const scope = new AttemptScope({ fields, log, fail: failed });
  const controller = new AbortController();
  const abort = (reason: unknown): void => scope.run(() => controller.abort(reason));
  port.on('message', (message: Abort) => abort(unpackThrown(message.abort)));
  const before = process.getActiveResourcesInfo();
  const ctx: TaskContext = {
    ...baseContext(controller.signal),
    task,
    http: attemptHttp(http.of(task.tenantId), controller.signal),
    log: (...line) => report({ log: loggable(...line) }),
    // Looked at here, where the handler can catch what is wrong with it.
    progress: (...progress) => report({ progress: progressOf(...progress) }),
  };
  let isRunning = true;
  const call = scope.run(() => returned(job, ctx, catalog));
  call.then(ended.resolve, failed).finally(() => {
    isRunning = false;
  });
  const end = await ended.promise;
  scope.end();
  abort(ATTEMPT_OVER);
  await turn();
  const left = [...(isRunning ? ['the handler'] : []), ...leftSince(before), ...memoryLeft()];
  if (left.length > 0) report({ left });
  report(end);
}

async function returned({ task: { type }, call }: Job, ctx: TaskContext, catalog: TaskCatalog): Promise<Report> {
  const definition = await findDefinition(catalog, type);
  if (definition === undefined || definition.batch !== undefined)
    throw new Error(`this thread has no task type ${type}`);
  const output = await callHandler(definition, call, ctx);
  return output instanceof FanOut ? { subtasks: output.subtasks } : { output };
}

/** What keeps the thread busy and did not before. What is idle by itself, a kept connection for instance, does not count. */
function leftSince(before: readonly string[]): string[] {
  const unmatched = [...before];
  return process.getActiveResourcesInfo().filter((resource) => {
    const place = unmatched.indexOf(resource);
    if (place >= 0) unmatched.splice(place, 1);
    return place < 0;
  });
}

/**
 * What the thread holds outside of its heap, where that is more than the heap may be: no limit holds for the memory of a
 * WebAssembly, which never gives any back, so the next task would find it taken.
 */
function memoryLeft(): string[] {
  const megabytes = Math.round(process.memoryUsage().external / 2 ** 20);
  const { maxOldGenerationSizeMb: heapMb = Number.POSITIVE_INFINITY } = resourceLimits;
  return megabytes > heapMb ? [`${megabytes} MB outside of its heap`] : [];
}

function packed(thrown: unknown): Thrown {
  try {
    return packThrown(thrown);
  } catch {
    // Even to look at it throws: a Proxy, a getter.
    return packThrown(new Error('the handler threw something that cannot be read'));
  }
}

import { setImmediate as turn } from 'node:timers/promises';
import { type MessagePort, resourceLimits } from 'node:worker_threads';
import { compact } from '../../core/compact.ts';
import { FanOut, type TaskCatalog, type TaskContext } from '../../core/define-task.ts';
import { findDefinition } from '../../core/definition/find-definition.ts';
import type { HttpClients } from '../../core/http-client.ts';
import type { Log } from '../../core/ports.ts';
import { AttemptScope, attemptHttp } from '../attempt/attempt-scope.ts';
import { baseContext, callHandler } from '../attempt/run-handler.ts';
import { progressOf } from '../attempt/watch-attempt.ts';
import { loggable } from '../telemetry.ts';
import { AskedSecrets } from './asked-secrets.ts';
import { guardProcess } from './guard-process.ts';
import {
  type Abort,
  type FromThread,
  type Job,
  packThrown,
  type Report,
  type SecretAnswer,
  type Thrown,
  unpackThrown,
} from './thread-messages.ts';
import { tellCalls } from './told-calls.ts';

type ThreadPorts = { readonly catalog: TaskCatalog; readonly http: HttpClients };

/** Serves the thread that it is called in: makes each attempt that is sent there, and reports it to the sender. */
export function serveAttempts(jobs: MessagePort, ports: ThreadPorts): void {
  const log: Log = (...line) => jobs.postMessage({ line } satisfies FromThread);
  guardProcess(log);
  jobs.on('message', (job: Job) => makeAttempt(job, log, ports));
}

async function makeAttempt(job: Job, log: Log, { catalog, http }: ThreadPorts): Promise<void> {
  const { task, schedule, port, tellsCalls } = job;
  const report = (what: Report): void => port.postMessage(what);
  report({ begun: true });
  const ended = Promise.withResolvers<Report>();
  const fail = (thrown: unknown): void => ended.resolve({ thrown: packReadable(thrown) });
  const fields = { task_id: task.id, task_type: task.type, attempt: task.attempt };
  const scope = new AttemptScope({ fields, log, fail });
  const secrets = new AskedSecrets(report);
  port.on('message', (message: Abort | SecretAnswer) => {
    if ('abort' in message) scope.abort(unpackThrown(message.abort));
    else secrets.hear(message);
  });
  const before = process.getActiveResourcesInfo();
  const ctx: TaskContext = {
    ...baseContext(scope.signal),
    task,
    ...compact({ schedule }),
    http: attemptHttp(http.of(task.tenantId), scope.signal, tellsCalls ? tellCalls(report) : undefined),
    secret: secrets.ask,
    log: (...line) => report({ log: loggable(...line) }),
    // It is checked here, where the handler can catch what is wrong with it.
    progress: (...progress) => report({ progress: progressOf(...progress) }),
  };
  let isRunning = true;
  const call = scope.run(() => reportOfCall(job, ctx, catalog));
  call.then(ended.resolve, fail).finally(() => {
    isRunning = false;
  });
  const end = await ended.promise;
  scope.end();
  await turn();
  const left = [...(isRunning ? ['the handler'] : []), ...leftSince(before), ...memoryLeft()];
  if (left.length > 0) report({ left });
  report(end);
}

/** Calls the handler, and reports what it returns. Throws what the handler throws. */
async function reportOfCall({ task: { type }, call }: Job, ctx: TaskContext, catalog: TaskCatalog): Promise<Report> {
  const definition = await findDefinition(catalog, type);
  if (definition === undefined || definition.batch !== undefined)
    throw new Error(`this thread has no task type ${type}`);
  const output = await callHandler(definition, call, ctx);
  return output instanceof FanOut ? { subtasks: output.subtasks } : { output };
}

/** Returns what keeps the thread busy and did not before. What is idle, a kept connection for instance, does not count. */
function leftSince(before: readonly string[]): string[] {
  const unmatched = [...before];
  return process.getActiveResourcesInfo().filter((resource) => {
    const place = unmatched.indexOf(resource);
    if (place >= 0) unmatched.splice(place, 1);
    return place < 0;
  });
}

/**
 * Returns what the thread holds outside of its heap, where that is more than the heap may be: no limit holds for the memory
 * of a WebAssembly, which never gives any back, so the next task would find it taken.
 */
function memoryLeft(): string[] {
  const megabytes = Math.round(process.memoryUsage().external / 2 ** 20);
  const { maxOldGenerationSizeMb: heapMb = Number.POSITIVE_INFINITY } = resourceLimits;
  return megabytes > heapMb ? [`${megabytes} MB outside of its heap`] : [];
}

/** Packs what was thrown, whatever it is. */
function packReadable(thrown: unknown): Thrown {
  try {
    return packThrown(thrown);
  } catch {
    // Even to look at it throws: a Proxy, a getter.
    return packThrown(new Error('the handler threw something that cannot be read'));
  }
}

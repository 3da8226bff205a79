import type { MessagePort } from 'node:worker_threads';
import { FanOut, findDefinition, type TaskCatalog, type TaskContext } from '../core/define-task.ts';
import type { HttpClients } from '../core/http-client.ts';
import { calledHandler } from './handler-call.ts';
import { plainContext } from './plain-context.ts';
import { type Abort, type Job, packThrown, type Report, unpackThrown } from './thread-messages.ts';

type Tools = { readonly catalog: TaskCatalog; readonly http: HttpClients };

/** The side of the thread: makes each attempt that it is sent, and reports it to who sent it. */
export function serveAttempts(jobs: MessagePort, tools: Tools): void {
  jobs.on('message', (job: Job) => attempt(job, tools));
}

async function attempt({ task, call, port }: Job, { catalog, http }: Tools): Promise<void> {
  const report = (what: Report): void => port.postMessage(what);
  const aborted = new AbortController();
  port.on('message', ({ abort }: Abort) => aborted.abort(unpackThrown(abort)));
  const ctx: TaskContext = {
    ...plainContext(aborted.signal),
    ...{ task, http: http.of(task.tenantId) },
    log: (...line) => report({ log: line }),
    progress: (...progress) => report({ progress }),
  };
  try {
    const definition = await findDefinition(catalog, task.type);
    if (definition === undefined || definition.batch !== undefined) {
      throw new Error(`this thread has no task type ${task.type}`);
    }
    const returned = await calledHandler(definition, call, ctx);
    report(returned instanceof FanOut ? { subtasks: returned.subtasks } : { output: returned });
  } catch (thrown) {
    report({ thrown: packThrown(thrown) });
  }
}

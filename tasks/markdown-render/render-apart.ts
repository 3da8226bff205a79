import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { type TaskContext, TaskFailure } from '../../functions/core/define-task.ts';

const ROLE = 'markdown.render';

/** Many times what a document needs; without it, one text could take the memory of all tasks of an invocation. */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 };

/** Threads that wait for the next text; starting one takes some 100 ms. A busy executor starts more, and ends them. */
const MOST_IDLE = 2;
const idle: Worker[] = [];

const TOO_MUCH_MEMORY = new TaskFailure('invalid_markdown', 'the Markdown takes too much memory to render');

type Answer = { readonly html: string } | { readonly refusal: string };

/**
 * Renders in a thread that has nothing else to do meanwhile. Some texts take time by their square, and no check tells
 * them all from documents: in the thread of the executor they would keep every timer, the task's own timeout too, from
 * its turn. An abort ends the thread wherever it is.
 */
export async function renderApart(markdown: string, ctx: Pick<TaskContext, 'fail' | 'signal'>): Promise<string> {
  ctx.signal.throwIfAborted();
  const worker = idle.pop() ?? newWorker();
  worker.ref();
  let answered = false;
  try {
    const answer = await answerBy(worker, markdown, ctx.signal);
    answered = true;
    return 'html' in answer ? answer.html : ctx.fail('invalid_markdown', answer.refusal);
  } finally {
    if (answered && idle.length < MOST_IDLE) keep(worker);
    else await worker.terminate();
  }
}

async function answerBy(worker: Worker, markdown: string, signal: AbortSignal): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const abort = (): void => reject(signal.reason);
  const end = (): void => reject(new Error('the thread that renders Markdown ended without an answer'));
  const fail = (error: NodeJS.ErrnoException): void =>
    error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? reject(TOO_MUCH_MEMORY) : reject(error);
  signal.addEventListener('abort', abort);
  worker.on('message', resolve).on('error', fail).on('exit', end);
  worker.postMessage(markdown);
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', abort);
    worker.off('message', resolve).off('error', fail).off('exit', end);
  }
}

/**
 * This module is also what the thread runs, so that a bundle needs no second entry: `import.meta.url` is the chunk that
 * it ends up in. Neither the environment, which has credentials, nor the flags of the process are for the thread.
 */
const newWorker = (): Worker =>
  new Worker(new URL(import.meta.url), {
    workerData: { role: ROLE },
    env: {},
    execArgv: [],
    resourceLimits: RESOURCE_LIMITS,
  });

function keep(worker: Worker): void {
  worker.unref();
  idle.push(worker);
}

if (!isMainThread && workerData?.role === ROLE) {
  parentPort?.on('message', async (markdown: string) => parentPort?.postMessage(await answerOf(markdown)));
}

async function answerOf(markdown: string): Promise<Answer> {
  const { renderMarkdown } = await import('./render-markdown.ts');
  const fail = (code: string, message: string): never => {
    throw new TaskFailure(code, message);
  };
  try {
    return { html: renderMarkdown(markdown, { fail }) };
  } catch (error) {
    if (error instanceof TaskFailure) return { refusal: error.message };
    throw error;
  }
}

import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { fail, type TaskContext, TaskFailure } from '../../functions/core/define-task.ts';

const ROLE = 'markdown.render';

/** Many times what a document needs; without it, one text could take the memory of all tasks of an invocation. */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 48, maxYoungGenerationSizeMb: 8, stackSizeMb: 4 };

/** As many as fit into 256 MB beside the executor, and have work: the function has a share of one CPU. */
const MOST_THREADS = 2;
let threads = 0;
/** Threads that wait for the next text; starting one takes some 100 ms. */
const idle: Worker[] = [];
/** Texts that wait for a thread, the first come first. */
const waiting: (() => void)[] = [];

const TOO_MUCH_MEMORY = new TaskFailure('invalid_markdown', 'the Markdown takes too much memory to render');

type Answer = { readonly html: string } | { readonly refusal: string };

/**
 * Renders in a thread that has nothing else to do meanwhile. Some texts take time by their square, and no check tells
 * them all from documents: in the thread of the executor they would keep every timer, the task's own timeout too, from
 * its turn. An abort ends the thread wherever it is.
 */
export async function renderApart(markdown: string, ctx: Pick<TaskContext, 'fail' | 'signal'>): Promise<string> {
  await turn(ctx.signal);
  const worker = idle.pop() ?? newWorker();
  worker.ref();
  let answered = false;
  try {
    const answer = await answerBy(worker, markdown, ctx.signal);
    answered = true;
    return 'html' in answer ? answer.html : ctx.fail('invalid_markdown', answer.refusal);
  } finally {
    if (answered) keep(worker);
    else await worker.terminate();
    const next = waiting.shift();
    if (next === undefined) threads--;
    else next();
  }
}

/** Waits until a thread is free, and takes it. Rejects with the signal's reason when that comes first. */
async function turn(signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (threads < MOST_THREADS) {
    threads++;
    return;
  }
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const abort = (): void => {
    waiting.splice(waiting.indexOf(resolve), 1);
    reject(signal.reason);
  };
  signal.addEventListener('abort', abort);
  waiting.push(resolve);
  try {
    await promise;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

async function answerBy(worker: Worker, markdown: string, signal: AbortSignal): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const abort = (): void => reject(signal.reason);
  const end = (): void => reject(new Error('the thread that renders Markdown ended without an answer'));
  const refuse = (error: NodeJS.ErrnoException): void =>
    error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? reject(TOO_MUCH_MEMORY) : reject(error);
  signal.addEventListener('abort', abort);
  worker.on('message', resolve).on('error', refuse).on('exit', end);
  worker.postMessage(markdown);
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', abort);
    worker.off('message', resolve).off('error', refuse).off('exit', end);
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
  try {
    return { html: renderMarkdown(markdown, { fail }) };
  } catch (error) {
    if (error instanceof TaskFailure) return { refusal: error.message };
    throw error;
  }
}

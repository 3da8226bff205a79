import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { type TaskContext, TaskFailure } from '../../functions/core/define-task.ts';

const ROLE = 'markdown.render';

/** Many times what a document needs; without it, one text could take the memory of all tasks of an invocation. */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 };

type Answer = { readonly html: string } | { readonly refusal: string };

/**
 * Renders in a thread of its own. Some texts take time by their square, and no check tells them all from documents: in
 * the thread of the executor they would keep every timer, the task's own timeout too, from its turn. An abort ends the
 * thread wherever it is.
 */
export async function renderApart(markdown: string, ctx: Pick<TaskContext, 'fail' | 'signal'>): Promise<string> {
  ctx.signal.throwIfAborted();
  // This module is also what the thread runs, so that a bundle needs no second entry: `import.meta.url` is the chunk
  // that it ends up in. Neither the environment, which has credentials, nor the flags of the process are for the thread.
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { role: ROLE, markdown },
    env: {},
    execArgv: [],
    resourceLimits: RESOURCE_LIMITS,
  });
  let abort = (): void => {};
  try {
    const answer = await new Promise<Answer>((resolve, reject) => {
      abort = () => reject(ctx.signal.reason);
      ctx.signal.addEventListener('abort', abort);
      worker.once('message', resolve);
      worker.once('error', (error: NodeJS.ErrnoException) =>
        error.code === 'ERR_WORKER_OUT_OF_MEMORY'
          ? resolve({ refusal: 'the Markdown takes too much memory to render' })
          : reject(error),
      );
      worker.once('exit', () => reject(new Error('the thread that renders Markdown ended without an answer')));
    });
    return 'html' in answer ? answer.html : ctx.fail('invalid_markdown', answer.refusal);
  } finally {
    ctx.signal.removeEventListener('abort', abort);
    await worker.terminate();
  }
}

if (!isMainThread && workerData?.role === ROLE) parentPort?.postMessage(await answerOf(workerData.markdown));

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

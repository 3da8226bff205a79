import { parentPort, workerData } from 'node:worker_threads';
import { lazyHttpClients } from '../../functions/adapters/http/lazy-http-clients.ts';
import type { TaskCatalog, TaskDefinition } from '../../functions/core/define-task.ts';
import { installMessages } from '../../functions/core/zod-messages.ts';
import { serveAttempts } from '../../functions/executor/isolation/serve-attempts.ts';

/** These are the task types of this repository whose handlers are tested in a thread. */
const catalog: TaskCatalog = {
  'markdown.render': async () =>
    (await import('../../tasks/markdown-render/definition.ts')).markdownRender as TaskDefinition,
  'text.wordcount': async () =>
    (await import('../../tasks/text-wordcount/definition.ts')).textWordcount as TaskDefinition,
  'text.wordcount.part': async () =>
    (await import('../../tasks/text-wordcount/definition.ts')).textWordcountPart as TaskDefinition,
};

/** Serves attempts as `functions/executor/thread.ts` does. */
installMessages();
if (parentPort !== null) {
  serveAttempts(parentPort, { catalog, http: lazyHttpClients(workerData.outboundHosts) });
}

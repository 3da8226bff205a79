import { parentPort, workerData } from 'node:worker_threads';
import { lazyHttpClients } from '../../functions/adapters/http/lazy-http-clients.ts';
import { installMessages } from '../../functions/core/zod-messages.ts';
import { serveAttempts } from '../../functions/executor/isolation/serve-attempts.ts';
import { isolatedTasks } from './isolated-tasks.ts';

/** Serves attempts as `functions/executor/thread.ts` does, with the handlers of the tests. */
installMessages();
if (parentPort !== null) {
  serveAttempts(parentPort, { catalog: isolatedTasks, http: lazyHttpClients(workerData.outboundHosts) });
}

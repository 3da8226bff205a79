import { tasks } from 'millrace:tasks';
import { parentPort, workerData } from 'node:worker_threads';
import { lazyHttpClients } from '../adapters/http/lazy-http-clients.ts';
import { installMessages } from '../core/zod-messages.ts';
import { serveAttempts } from './isolation/serve-attempts.ts';
import type { ThreadData } from './isolation/thread-messages.ts';

installMessages();
const { outboundHosts }: ThreadData = workerData;

if (parentPort !== null) serveAttempts(parentPort, { catalog: tasks, http: lazyHttpClients(outboundHosts) });

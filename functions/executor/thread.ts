import { parentPort, workerData } from 'node:worker_threads';
import { tasks } from '../../tasks/index.ts';
import { lazyHttpClient } from '../adapters/lazy-http-client.ts';
import { serveAttempts } from './serve-attempts.ts';
import type { ThreadData } from './thread-messages.ts';

const { outboundHosts }: ThreadData = workerData;

if (parentPort !== null) serveAttempts(parentPort, { catalog: tasks, http: lazyHttpClient(outboundHosts) });

import { type Job, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { type Work, work } from '../work.ts';

// As its guide says: a worker waits for its connection however long it takes.
const connection = new Redis(process.env.STORE_URL ?? '', { maxRetriesPerRequest: null });
const worker = new Worker('tasks', ({ data }: Job<{ input: Work }>) => work(data.input), {
  connection,
  concurrency: 10,
});
worker.on('error', (error) => console.error(error));
await worker.waitUntilReady();
process.send?.('ready');

import { PgBoss } from 'pg-boss';
import { type Work, work } from '../work.ts';

const boss = new PgBoss({ connectionString: process.env.STORE_URL ?? '', useListenNotify: true });
boss.on('error', (error) => console.error(error));
await boss.start();

const options = { batchSize: 10, burstWhenBatchFull: true, perJobResults: true } as const;
await boss.work<{ input: Work }>('tasks', options, (jobs) =>
  Promise.all(
    jobs.map(async ({ id, data }) => {
      try {
        return { id, status: 'completed' as const, output: await work(data.input) };
      } catch (error) {
        return { id, status: 'failed' as const, output: { message: String(error) } };
      }
    }),
  ),
);
process.send?.('ready');

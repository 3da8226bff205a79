import { run } from 'graphile-worker';
import { type Work, work } from '../work.ts';

const connectionString = process.env.STORE_URL ?? '';
const concurrentJobs = 10;

await run({
  preset: {
    worker: {
      connectionString,
      concurrentJobs,
      maxPoolSize: concurrentJobs + 2,
      localQueue: { size: concurrentJobs + 1 },
      completeJobBatchDelay: 0,
      failJobBatchDelay: 0,
    },
  },
  taskList: {
    work: async (payload, helpers) => {
      const output = await work((payload as { readonly input: Work }).input);
      await helpers.query('INSERT INTO results VALUES ($1, $2, clock_timestamp()) ON CONFLICT (id) DO NOTHING', [
        helpers.job.id,
        JSON.stringify(output),
      ]);
    },
  },
});
process.send?.('ready');

import { type AddJobsJobSpec, makeWorkerUtils } from 'graphile-worker';
import type { Task } from '../peer.ts';
import { openDoor } from './door.ts';

/** The lower the number, the sooner. */
const PRIORITIES = { high: -1, normal: 0, low: 1 };

const connectionString = process.env.STORE_URL ?? '';
const utils = await makeWorkerUtils({ connectionString });
await utils.migrate();
await utils.withPgClient((client) =>
  client.query('CREATE TABLE IF NOT EXISTS results (id bigint PRIMARY KEY, output json, finished_at timestamptz)'),
);

const specOf = (task: Task, tenant: string): AddJobsJobSpec => ({
  identifier: task.type,
  payload: { tenant, input: task.input },
  priority: PRIORITIES[task.priority],
  maxAttempts: 3,
});

await openDoor({
  submit: async (task, tenant) => {
    const { identifier, payload, ...spec } = specOf(task, tenant);
    return (await utils.addJob(identifier, payload, spec)).id;
  },
  submitAll: async (tasks, tenant) =>
    (await utils.addJobs(tasks.map((task) => specOf(task, tenant)))).map(({ id }) => id),
});

import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import type { Task } from '../peer.ts';
import { openDoor } from './door.ts';

/** The lower the number, the sooner; what has none goes before all others. */
const PRIORITIES = { high: 1, normal: 2, low: 3 };

const queue = new Queue('tasks', { connection: new Redis(process.env.STORE_URL ?? '') });
const jobOf = (task: Task, tenant: string) => ({
  name: task.type,
  data: { tenant, input: task.input },
  opts: { priority: PRIORITIES[task.priority], attempts: 3 },
});

await openDoor({
  submit: async (task, tenant) => {
    const { name, data, opts } = jobOf(task, tenant);
    const { id } = await queue.add(name, data, opts);
    return id ?? '';
  },
  submitAll: async (tasks, tenant) => {
    const jobs = await queue.addBulk(tasks.map((task) => jobOf(task, tenant)));
    return jobs.map(({ id }) => id ?? '');
  },
});

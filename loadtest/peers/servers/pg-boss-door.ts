import { PgBoss } from 'pg-boss';
import type { Task } from '../peer.ts';
import { openDoor } from './door.ts';

/** The higher the number, the sooner. */
const PRIORITIES = { high: 3, normal: 2, low: 1 };

const boss = new PgBoss({
  connectionString: process.env.STORE_URL ?? '',
  useListenNotify: true,
  supervise: false,
  schedule: false,
});
boss.on('error', (error) => console.error(error));
await boss.start();
await boss.createQueue('tasks', { notify: true, heartbeatSeconds: 30, retryLimit: 3 });

const dataOf = ({ input }: Task, tenant: string) => ({ tenant, input });

await openDoor({
  submit: async (task, tenant) => {
    const id = await boss.send('tasks', dataOf(task, tenant), { priority: PRIORITIES[task.priority] });
    return id ?? '';
  },
  submitAll: async (tasks, tenant) => {
    const jobs = tasks.map((task) => ({ data: dataOf(task, tenant), priority: PRIORITIES[task.priority] }));
    return (await boss.insert('tasks', jobs, { returnId: true })) ?? [];
  },
});

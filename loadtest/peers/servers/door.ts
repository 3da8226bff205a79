import Fastify from 'fastify';
import type { Task } from '../peer.ts';

export type Door = {
  /** Puts a task into the queue and returns its id. */
  submit(task: Task, tenant: string): Promise<string>;
  submitAll(tasks: readonly Task[], tenant: string): Promise<readonly string[]>;
};

const taskSchema = {
  type: 'object',
  required: ['type', 'priority', 'input'],
  additionalProperties: false,
  properties: {
    type: { const: 'work' },
    priority: { enum: ['high', 'normal', 'low'] },
    input: {
      type: 'object',
      required: ['milliseconds'],
      additionalProperties: false,
      properties: { milliseconds: { type: 'number', minimum: 0 }, url: { type: 'string' } },
    },
  },
};
const bulkSchema = {
  type: 'object',
  required: ['tasks'],
  properties: { tasks: { type: 'array', minItems: 1, maxItems: 1_000, items: taskSchema } },
};
const BODY_BYTES = 1_048_576;

/** An HTTP door before a queue; it knows the key of each tenant, and tells its parent the port. */
export async function openDoor({ submit, submitAll }: Door): Promise<void> {
  const keys: Record<string, string> = JSON.parse(process.env.KEYS ?? '{}');
  const tenants = new Map(Object.entries(keys).map(([tenant, key]) => [`Bearer ${key}`, tenant]));
  const app = Fastify({ bodyLimit: BODY_BYTES });
  app.decorateRequest('tenant', '');
  app.addHook('onRequest', async (request, reply) => {
    const tenant = tenants.get(request.headers.authorization ?? '');
    if (tenant === undefined) return reply.code(401).send({ error: 'unknown key' });
    request.setDecorator('tenant', tenant);
  });
  app.post<{ Body: Task }>('/api/tasks', { schema: { body: taskSchema } }, async (request, reply) => {
    const id = await submit(request.body, request.getDecorator<string>('tenant'));
    return reply.code(202).send({ id, ...request.body });
  });
  app.post<{ Body: { tasks: Task[] } }>(
    '/api/tasks/batch',
    { schema: { body: bulkSchema } },
    async (request, reply) => {
      const { tasks } = request.body;
      const ids = await submitAll(tasks, request.getDecorator<string>('tenant'));
      const results = tasks.map((task, index) => ({ status: 'accepted', task: { id: ids[index], ...task } }));
      return reply.code(202).send({ results });
    },
  );
  await app.listen({ host: '127.0.0.1', port: 0 });
  const address = app.server.address();
  process.send?.({ port: typeof address === 'object' ? address?.port : undefined });
}

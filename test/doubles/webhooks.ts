import { sweep } from '../../functions/control/sweep.ts';
import type { HttpClients, HttpRequest, HttpResponse } from '../../functions/core/http-client.ts';
import type { Task, TaskSummary } from '../../functions/core/task/task.ts';
import type { TaskChange } from '../../functions/core/task/task-change.ts';
import { secretOf } from '../../functions/core/webhook/signature.ts';
import { type Webhook, webhookIdOf } from '../../functions/core/webhook/webhook.ts';
import { withWebhookType } from '../../functions/executor/delivery/webhook-type.ts';
import { makeDeliveries } from '../../functions/projector/make-deliveries.ts';
import { WEBHOOK_TYPE } from '../../functions/resource-classes.ts';
import { invoke } from './executor-world.ts';
import { tenant } from './task-seed.ts';
import { createWorld, type World } from './world.ts';

let made = 0;

/** Makes a webhook of all ends, unless it is said otherwise, and its secret, and keeps it. */
export async function webhook(
  world: World,
  overrides: Partial<Webhook> = {},
  tenantId = tenant('acme'),
): Promise<Webhook> {
  const one: Webhook = {
    id: webhookIdOf(String(++made).padStart(26, '0')),
    url: 'https://hooks.example/millrace',
    types: [],
    statuses: [],
    includeOutput: false,
    createdAt: world.now,
    ...overrides,
  };
  const { webhooks, signingSecrets } = world.ports;
  const found = await webhooks.get(tenantId);
  await webhooks.replace(tenantId, { revision: found.revision + 1, webhooks: [...found.webhooks, one] });
  await signingSecrets.replace(tenantId, one.id, [], [secretOf(SECRET_KEY)]);
  return one;
}

export const SECRET_KEY = Buffer.from('a key of twenty-four bytes').toString('base64');

/** What a receiver was asked: the headers and the body of each delivery. */
export type Told = { readonly at: number; readonly url: string } & Required<Pick<HttpRequest, 'headers'>> & {
    readonly body: string;
  };

/** What a receiver answers. */
export type Answer = { readonly status: number; readonly retryAfterSeconds?: number };

/** Makes a world whose executors deliver to a receiver of the test's own, and whose changes of tasks are kept for the projector. */
export function deliveringWorld(
  definitions: Parameters<typeof createWorld>[0],
  answer: (told: Told) => Answer | Error,
) {
  const world = createWorld(definitions);
  const told: Told[] = [];
  const changes: TaskChange[] = [];
  const http: HttpClients = {
    of: () => ({
      request: async (url, { headers = {}, body }) => {
        const one = { at: world.now, url, headers, body: String(body) };
        told.push(one);
        const given = answer(one);
        if (given instanceof Error) throw given;
        return { ...given, headers: {}, url, redirected: false, body: NO_BODY };
      },
    }),
  };
  const ports = { ...withWebhookType(world.ports, world.ports), http };
  world.ports.store.watch = (before: Task | undefined, after: Task) => {
    const usage = { submittedTogether: 1, writeUnits: 1 };
    changes.push({ id: String(changes.length + 1), at: world.now, before, after, usage });
  };
  return Object.assign(world, {
    told,
    changes,
    ports: Object.assign(world.ports, ports),
    /** Has the projector read all that has changed since, or again what is given. */
    project: (batch: readonly TaskChange[] = changes.splice(0), through: World['ports'] = world.ports) =>
      makeDeliveries(batch, through),
  });
}
export type DeliveringWorld = ReturnType<typeof deliveringWorld>;

const NO_BODY = (async function* () {})() as unknown as HttpResponse['body'];

/** Lives through so many seconds: in each `step` the executors take what is due, and projector and sweeper do their parts. */
export async function live(world: DeliveringWorld, seconds: number, step = 60): Promise<void> {
  for (let passed = 0; passed < seconds; passed += step) {
    await invoke(world);
    await world.project();
    await sweep(world.now + 45_000, { ...world.ports, due: world.ports.store });
    world.advance(step);
  }
}

/** Returns the tasks that deliver, the oldest first. */
export async function deliveriesOf({ ports, now }: World, tenantId = tenant('acme')): Promise<TaskSummary[]> {
  const filter = { type: WEBHOOK_TYPE };
  return (await ports.store.list({ tenantId, filter, limit: 10_000 }, now)).tasks.toReversed();
}

import { readFileSync } from 'node:fs';
import type { EventBridgeClient, PutEventsCommandInput } from '@aws-sdk/client-eventbridge';
import { expect, it } from 'vitest';
import { EventBridgeTaskEvents } from '../../../functions/adapters/task-events.ts';
import { TASK_EVENTS } from '../../../functions/contract.ts';
import type { LeaseToken, TaskId } from '../../../functions/core/task/ids.ts';
import { newTask, type Task } from '../../../functions/core/task/task.ts';
import { eventsOf } from '../../../functions/core/task/task-event.ts';
import { cancelled, claimed, settled } from '../../../functions/core/task/transition.ts';
import { taskSeed } from '../../doubles/task-seed.ts';

const document = readFileSync(new URL('../../../docs/events.md', import.meta.url), 'utf8');
/** The details that the document shows, by the names of their events. */
const shown = new Map(
  [...document.matchAll(/^## `(task\.\w+)`\n[\s\S]+?```json\n([\s\S]+?)```/gm)].map(([, name, json = '']) => [
    name,
    JSON.parse(json) as Record<string, unknown>,
  ]),
);

const createdAt = Date.UTC(2026, 10, 28, 9, 30);
const later = (seconds: number) => createdAt + seconds * 1000;
const seed = taskSeed({
  id: '01KB59FY21NP7H6QB49KRATWQ0-0' as TaskId,
  type: 'text.wordcount',
  workflowInstanceId: 'import-7',
  assignee: { type: 'user', id: 'u-1' },
  createdAt,
});
const queued = newTask(seed);
const running = claimed(queued, { token: 'lease' as LeaseToken, expiresAt: later(25) }, later(1));
const error = { code: 'invalid_text', message: 'no word ends within 50,000 characters', retryable: false };
const scheduled = newTask({ ...seed, runAt: later(3600) });

/** The changes that bring a task into each status: what it was, what it is, and when. */
const changes: Readonly<Record<string, readonly [before: Task | undefined, after: Task, at: number]>> = {
  'task.scheduled': [undefined, scheduled, later(0)],
  'task.queued': [undefined, queued, later(0)],
  'task.running': [queued, running, later(1)],
  'task.waiting': [
    running,
    settled(running, { status: 'waiting', fanOut: { attempt: 1, count: 4 }, reconcileAt: later(900) }),
    later(2),
  ],
  'task.succeeded': [
    running,
    settled(running, { status: 'succeeded', output: { inline: { words: 7 } }, finishedAt: later(2) }),
    later(2),
  ],
  'task.failed': [running, settled(running, { status: 'failed', error, finishedAt: later(2) }), later(2)],
  'task.cancelled': [queued, cancelled(queued, later(2)), later(2)],
};

/** Publishes what a change means, and returns the entries that the bus is given. */
async function published(name: string) {
  const [before, after, at] = changes[name] ?? [undefined, queued, 0];
  const sent: PutEventsCommandInput[] = [];
  const client = {
    send: async ({ input }: { input: PutEventsCommandInput }) => {
      sent.push(input);
      return {};
    },
  } as unknown as EventBridgeClient;
  const events = new EventBridgeTaskEvents(client, { busName: 'millrace-tasks', queueNamePrefix: 'millrace-' });
  await events.publish(eventsOf({ id: '4421584500000000017450439091', at, before, after }));
  return sent.flatMap(({ Entries = [] }) => Entries);
}

it('docs/events.md shows each event, and no other', () => {
  expect([...shown.keys()]).toEqual([...TASK_EVENTS]);
});

it.each(TASK_EVENTS)('%s is published as docs/events.md shows it', async (name) => {
  const [entry, ...others] = await published(name);
  expect(others).toEqual([]);
  expect(entry).toMatchObject({ EventBusName: 'millrace-tasks', Source: 'millrace', DetailType: name });
  expect(JSON.parse(entry?.Detail ?? '')).toEqual(shown.get(name));
  expect(entry?.Time?.toISOString()).toBe(shown.get(name)?.at);
});

it('docs/events.md says what each field is', () => {
  const fields = new Set([...shown.values()].flatMap((detail) => Object.keys(detail)));
  const told = [...document.matchAll(/^\| ((?:`\w+`(?:, )?)+) \|/gm)].flatMap(([, names = '']) =>
    [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name),
  );
  expect(told.toSorted()).toEqual([...fields].toSorted());
});

import { readFileSync } from 'node:fs';
import type { EventBridgeClient, PutEventsCommandInput } from '@aws-sdk/client-eventbridge';
import { expect, it } from 'vitest';
import { EventBridgeTaskEvents } from '../../../functions/adapters/task-events.ts';
import { TASK_EVENTS } from '../../../functions/contract.ts';
import type { LeaseToken, TaskId } from '../../../functions/core/task/ids.ts';
import { newTask, type Task } from '../../../functions/core/task/task.ts';
import { eventsOf, type TaskEvent } from '../../../functions/core/task/task-event.ts';
import { cancelled, claimed, settled } from '../../../functions/core/task/transition.ts';
import { taskSeed } from '../../doubles/task-seed.ts';

const document = readFileSync(new URL('../../../docs/events.md', import.meta.url), 'utf8');
type Detail = Readonly<Record<string, unknown>>;
/** The details that the document shows, by the names of their events. */
const shown = new Map(
  document
    .split(/^## (?=`task\.)/m)
    .slice(1)
    .map((section): [string, Detail[]] => [
      section.slice(1, section.indexOf('`', 1)),
      [...section.matchAll(/```json\n([\s\S]+?)```/g)].map(([, json = '']) => JSON.parse(json)),
    ]),
);

const createdAt = Date.UTC(2026, 10, 28, 9, 30);
const later = (seconds: number) => createdAt + seconds * 1000;
const seed = taskSeed({
  id: '01KB59FY21NP7H6QB49KRATWQ0-0' as TaskId,
  type: 'text.wordcount',
  workflowInstanceId: 'import-7',
  tags: ['order/7'],
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

/** Returns what a change means, with what is told of an output. */
function eventsNamed(name: string, output?: TaskEvent['output']): TaskEvent[] {
  const [before, after, at] = changes[name] ?? [undefined, queued, 0];
  const events = eventsOf({ id: '4421584500000000017450439091', at, before, after });
  return output === undefined ? events : events.map((event) => ({ ...event, output }));
}

/** Publishes events, and returns the requests that the bus is given. */
async function requestsFor(told: readonly TaskEvent[]) {
  const sent: PutEventsCommandInput[] = [];
  const client = {
    send: async ({ input }: { input: PutEventsCommandInput }) => {
      sent.push(input);
      return {};
    },
  } as unknown as EventBridgeClient;
  const events = new EventBridgeTaskEvents(client, { busName: 'millrace-tasks', queueNamePrefix: 'millrace-' });
  await events.publish(told);
  return sent.map(({ Entries = [] }) => Entries);
}

/** Publishes events, and returns the entries that the bus is given. */
const published = async (...event: Parameters<typeof eventsNamed>) => (await requestsFor(eventsNamed(...event))).flat();

it('docs/events.md shows each event, and no other', () => {
  expect([...shown.keys()]).toEqual([...TASK_EVENTS]);
});

it.each(TASK_EVENTS)('%s is published as docs/events.md shows it', async (name) => {
  const [entry, ...others] = await published(name);
  expect(others).toEqual([]);
  expect(entry).toMatchObject({ EventBusName: 'millrace-tasks', Source: 'millrace', DetailType: name });
  const detail = shown.get(name)?.[0];
  expect(JSON.parse(entry?.Detail ?? '')).toEqual(detail);
  expect(entry?.Time?.toISOString()).toBe(detail?.at);
});

it('an output, or the place of one that is too large, is published as docs/events.md shows it', async () => {
  const [, whole, elsewhere, ...others] = shown.get('task.succeeded') ?? [];
  expect(others).toEqual([]);
  const detailWith = async (output: TaskEvent['output']) =>
    JSON.parse((await published('task.succeeded', output))[0]?.Detail ?? '');
  expect(await detailWith({ value: { words: 7 } })).toEqual(whole);
  expect(await detailWith('elsewhere')).toEqual(elsewhere);
});

it.each([
  ['few are large', 9, 59_990, [4, 4, 1]],
  ['all are small', 23, 10, [10, 10, 3]],
  ['characters have several bytes', 9, 29_990, [4, 4, 1]],
])('no request has more than EventBridge takes, where %s', async (_, count, length, sizes) => {
  const value = (length === 29_990 ? 'é' : 'e').repeat(length);
  const requests = await requestsFor(
    Array.from({ length: count }, () => eventsNamed('task.succeeded', { value })).flat(),
  );
  expect(requests.map((entries) => entries.length)).toEqual(sizes);
  const bytesOf = (entries: (typeof requests)[number]) =>
    entries.reduce((sum, { Detail = '', DetailType = '', Source = '' }) => {
      return sum + Buffer.byteLength(Detail) + DetailType.length + Source.length + 14;
    }, 0);
  for (const entries of requests) expect(bytesOf(entries)).toBeLessThan(256 * 1024);
});

it('docs/events.md says what each field is', () => {
  const fields = new Set([...shown.values()].flat().flatMap((detail) => Object.keys(detail)));
  const told = [...document.matchAll(/^\| ((?:`\w+`(?:, )?)+) \|/gm)].flatMap(([, names = '']) =>
    [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name),
  );
  expect(told.toSorted()).toEqual([...fields].toSorted());
});

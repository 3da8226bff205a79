import * as z from 'zod';
import type { ResourceClass } from '../../contract.ts';
import { type DeadLetter, type ReadLetter, readLetter, walkDeadLetters } from '../../core/dead-letter.ts';
import { once } from '../../core/once.ts';
import type { Task, TaskSeed } from '../../core/task.ts';
import { shortened } from '../../core/wording.ts';
import { available } from '../available.ts';
import { anotherUnderWaySchema, availableDeadLetters } from '../available-dead-letters.ts';
import { foundLane, laneParameter } from '../found-lane.ts';
import { pageParameters, pageShape, parsedQuery } from '../page.ts';
import type { Caller, Route, RouterPorts } from '../route.ts';
import { summaryOf, taskSummarySchema, type Viewer } from '../task-view.ts';

/** The letters of other lanes have to be looked at, too. */
const LOOK_MILLISECONDS = 10_000;

const MAX_REASON_CHARACTERS = 1_000;

const querySchema = once(() => z.strictObject({ limit: pageShape().limit }));

const deadLettersSchema = once(() => {
  const item = z
    .strictObject({
      messageId: z.string(),
      sentAt: z.iso.datetime(),
      reason: z.strictObject({
        code: z.enum(['malformed', 'newer_version', 'deliveries_exhausted']),
        message: z.string(),
      }),
      task: z
        .strictObject({
          id: z.string(),
          type: z.string(),
          // Missing where the task has no row.
          ...taskSummarySchema().pick({ status: true, attempt: true, error: true }).partial().shape,
        })
        .optional()
        .describe("Missing where the message cannot be read, or the task is another tenant's"),
      tenantId: z
        .string()
        .optional()
        .describe('Whose task it is, where that is another tenant: to the scope `platform`'),
    })
    .meta({ id: 'DeadLetter' });
  return z.strictObject({
    items: z.array(item).describe('One for each task, and for each message that has none'),
    isMoreLeft: z.boolean().describe('There are others, too many to see them all or in the hand of another call'),
    isAnotherUnderWay: anotherUnderWaySchema(),
  });
});
type Item = z.infer<ReturnType<typeof deadLettersSchema>>['items'][number];

export const listDeadLetters: Route = {
  operationId: 'listDeadLetters',
  summary: "List a lane's dead letters, and why they are dead",
  parameters: [laneParameter, ...pageParameters.filter(({ name }) => name === 'limit')],
  response: { status: 200, description: 'Some of them, in no order', schema: deadLettersSchema },
  problems: ['invalid_request', 'not_found', 'unavailable'],

  async handle(request, caller, ports) {
    const { tenantId } = caller;
    const { resourceClass, laneName } = foundLane(request, ports);
    const { limit } = parsedQuery(querySchema(), request);
    const { entries, unseen } = await find(resourceClass, laneName, limit, ports);
    // A task may be in two letters: one of a redrive that failed after it was sent, and one of its next life.
    const ids = new Set(entries.flatMap(({ task }) => (task?.tenantId === tenantId ? task.id : [])));
    const rows = await available(ports.store.getAll(tenantId, [...ids], ports.clock()));
    const byId = new Map<string, Task>(rows.map((row) => [row.id, row]));
    return { status: 200, body: { items: entries.map((entry) => itemOf(entry, caller, byId, ports)), ...unseen } };
  },
};

type Entry = { readonly letter: DeadLetter; readonly read: ReadLetter; readonly task: TaskSeed | undefined };

/** Up to `limit` entries of a lane, and whether there may be more. */
async function find(resourceClass: ResourceClass, laneName: string, limit: number, ports: RouterPorts) {
  const entries: Entry[] = [];
  const deadLetters = availableDeadLetters(ports.deadLetters);
  const unseen = await walkDeadLetters(
    resourceClass,
    ports.clock() + LOOK_MILLISECONDS,
    { ...ports, deadLetters },
    async (letters) => {
      for (const letter of letters) {
        const read = readLetter(letter);
        if (read.laneName !== laneName) continue;
        const tasks = read.tasks.length === 0 ? [undefined] : read.tasks;
        entries.push(...tasks.map((task) => ({ letter, read, task })));
      }
      return { remove: [], isEnough: entries.length > limit };
    },
  );
  const isMoreLeft = unseen.isMoreLeft || entries.length > limit;
  return { entries: entries.slice(0, limit), unseen: { ...unseen, isMoreLeft } };
}

/** What an executor said of a message may hold a part of it; whose it is, is known only where it can be read. */
const NOT_TOLD = 'an executor could not read it; what it said of it is told to the scope platform';

/** Only what is the tenant's own is told of a task and of its message; to the scope `platform`, whose it is. */
function itemOf(
  { letter: { messageId, sentAt }, read: { code, message }, task }: Entry,
  { tenantId, scopes }: Caller,
  rows: ReadonlyMap<string, Task>,
  viewer: Viewer,
): Item {
  const [isOwn, isPlatform] = [task?.tenantId === tenantId, scopes.includes('platform')];
  const isTold = isOwn || isPlatform || code !== 'malformed';
  const reason = { code, message: isTold ? shortened(message, MAX_REASON_CHARACTERS) : NOT_TOLD };
  const item = { messageId, sentAt: new Date(sentAt).toISOString(), reason };
  if (task === undefined || !(isOwn || isPlatform)) return item;
  const { id, type } = task;
  if (!isOwn) return { ...item, tenantId: task.tenantId, task: { id, type } };
  const row = rows.get(id);
  if (row === undefined) return { ...item, task: { id, type } };
  const { status, attempt, error } = summaryOf(row, viewer);
  return { ...item, task: { id, type, status, attempt, ...(error && { error }) } };
}

import * as z from 'zod';
import type { ResourceClass } from '../../contract.ts';
import { type DeadLetter, type ReadLetter, readLetter, walkDeadLetters } from '../../core/dead-letter.ts';
import type { TenantId } from '../../core/ids.ts';
import { once } from '../../core/once.ts';
import type { Task, TaskSeed } from '../../core/task.ts';
import { available } from '../available.ts';
import { anotherUnderWaySchema, availableDeadLetters } from '../available-dead-letters.ts';
import { foundLane, laneParameter } from '../found-lane.ts';
import { pageParameters, pageShape, parsedQuery } from '../page.ts';
import type { Route, RouterPorts } from '../route.ts';
import { summaryOf, taskSummarySchema, type Viewer } from '../task-view.ts';

/** The letters of other lanes have to be looked at, too. */
const LOOK_MILLISECONDS = 10_000;

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

  async handle(request, { tenantId }, ports) {
    const { resourceClass, laneName } = foundLane(request, ports);
    const { limit } = parsedQuery(querySchema(), request);
    const { entries, unseen } = await find(resourceClass, laneName, limit, ports);
    // A task may be in two letters: one of a redrive that failed after it was sent, and one of its next life.
    const ids = new Set(entries.flatMap(({ task }) => (task?.tenantId === tenantId ? task.id : [])));
    const rows = await available(ports.store.getAll(tenantId, [...ids], ports.clock()));
    const byId = new Map<string, Task>(rows.map((row) => [row.id, row]));
    return { status: 200, body: { items: entries.map((entry) => itemOf(entry, tenantId, byId, ports)), ...unseen } };
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

/** Only what is the tenant's own is told of a task. */
function itemOf(
  { letter: { messageId, sentAt }, read: { code, message }, task }: Entry,
  tenantId: TenantId,
  rows: ReadonlyMap<string, Task>,
  viewer: Viewer,
): Item {
  const item = { messageId, sentAt: new Date(sentAt).toISOString(), reason: { code, message } };
  if (task?.tenantId !== tenantId) return item;
  const { id, type } = task;
  const row = rows.get(id);
  if (row === undefined) return { ...item, task: { id, type } };
  const { status, attempt, error } = summaryOf(row, viewer);
  return { ...item, task: { id, type, status, attempt, ...(error && { error }) } };
}

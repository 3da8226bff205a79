import * as z from 'zod';
import { queueNameOf, type ResourceClass } from '../../contract.ts';
import { compact } from '../../core/compact.ts';
import { once } from '../../core/concurrency.ts';
import { isoTime } from '../../core/iso-time.ts';
import {
  type DeadLetter,
  type DeadLetters,
  type ReadLetter,
  readLetter,
  redrive,
  type Unseen,
  walkDeadLetters,
} from '../../core/lane/dead-letters.ts';
import { executorKeysOf, laneOf } from '../../core/lane/lane.ts';
import type { Task, TaskSeed } from '../../core/task/task.ts';
import type { Viewer } from '../../core/webhook/shown-task.ts';
import { shortened } from '../../core/zod-messages.ts';
import { pageParameters, pageShape, parseQuery } from '../http/page.ts';
import { noSuch, orUnavailable, Problem } from '../http/problem.ts';
import type { Caller, Parameter, Request, Route, RouterPorts } from '../route.ts';
import { summaryOf, taskSummarySchema } from './task-view.ts';

export const laneParameter: Parameter = {
  in: 'path',
  name: 'name',
  required: true,
  description: 'The lane, as the name of its queue has it behind the name of the deployment: `default-high-0`',
  schema: () => z.string(),
};

/** Returns the lane that the path names. Throws the problem of one that the deployment does not have. */
export function parseLane(
  { parameters: { name = '' } }: Request,
  { classes }: RouterPorts,
): { readonly laneName: string; readonly resourceClass: ResourceClass } {
  const executorKeys = executorKeysOf(classes);
  const found = executorKeys.find((key) => queueNameOf(key) === name);
  if (found === undefined) throw new Problem('not_found', noSuch('lane', name, executorKeys.map(queueNameOf)));
  return { laneName: name, resourceClass: laneOf(found).resourceClass };
}

/** Makes what dead letters cannot be had for a failure of the platform; any other error of a route is ours. */
export const availableDeadLetters = (deadLetters: DeadLetters): DeadLetters => ({
  take: (...args) => orUnavailable(deadLetters.take(...args)),
  held: (...args) => orUnavailable(deadLetters.held(...args)),
  giveBack: (...args) => deadLetters.giveBack(...args),
  remove: (...args) => orUnavailable(deadLetters.remove(...args)),
});

/** Describes what a call has not seen; `hasMore` says something else in each. */
const unseenShape = (hasMore: string) => ({
  hasMore: z.boolean().describe(hasMore),
  isMoreLeft: z.boolean().meta({ deprecated: true, description: 'What `hasMore` was called before' }),
  isAnotherUnderWay: z
    .literal(true)
    .optional()
    .describe(
      'Another call is looking at dead letters of this class, or redrives them, and has some in hand: ask again when it has ended. ' +
        'Those of a call that died are there again after a minute. Missing where there is none',
    ),
});

const unseenView = <Some extends Unseen>(some: Some) => ({ ...some, isMoreLeft: some.hasMore });

/** A list looks for so long, since it has to look at the letters of other lanes, too. */
const LOOK_MILLISECONDS = 10_000;

export const MAX_REASON_CHARACTERS = 1_000;

/** Describes why a message is dead. */
export const reasonSchema = () =>
  z.strictObject({ code: z.enum(['malformed', 'newer_version', 'deliveries_exhausted']), message: z.string() });

const querySchema = once(() => z.strictObject({ limit: pageShape().limit }));

const deadLettersSchema = once(() => {
  const item = z
    .strictObject({
      messageId: z.string(),
      sentAt: z.iso.datetime(),
      reason: reasonSchema(),
      task: z
        .strictObject({
          id: z.string(),
          type: z.string(),
          // A task that has no row has none of these.
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
    ...unseenShape('There are others, too many to see them all or in the hand of another call'),
  });
});
type DeadLetterView = z.infer<ReturnType<typeof deadLettersSchema>>['items'][number];

export const listDeadLetters: Route = {
  operationId: 'listDeadLetters',
  summary: "List a lane's dead letters, and why they are dead",
  parameters: [laneParameter, ...pageParameters.filter(({ name }) => name === 'limit')],
  response: { status: 200, description: 'Some of them, in no order', schema: deadLettersSchema },
  problems: ['invalid_request', 'not_found', 'unavailable'],

  async handle(request, caller, ports) {
    const { tenantId } = caller;
    const { resourceClass, laneName } = parseLane(request, ports);
    const { limit } = parseQuery(querySchema(), request);
    const { entries, unseen } = await find(resourceClass, laneName, limit, ports);
    // A task may be in two letters: one of a redrive that failed after it was sent, and one of its next life.
    const ids = new Set(entries.flatMap(({ task }) => (task?.tenantId === tenantId ? task.id : [])));
    const rows = await orUnavailable(ports.store.getAll(tenantId, [...ids], ports.clock()));
    const byId = new Map<string, Task>(rows.map((row) => [row.id, row]));
    const items = entries.map((entry) => itemOf(entry, caller, byId, ports));
    return { status: 200, body: { items, ...unseenView(unseen) } };
  },
};

type LetterEntry = { readonly letter: DeadLetter; readonly read: ReadLetter; readonly task: TaskSeed | undefined };

/** Finds up to `limit` entries of a lane, and says whether there may be more. */
async function find(resourceClass: ResourceClass, laneName: string, limit: number, ports: RouterPorts) {
  const entries: LetterEntry[] = [];
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
  const hasMore = unseen.hasMore || entries.length > limit;
  return { entries: entries.slice(0, limit), unseen: { ...unseen, hasMore } };
}

/** Stands for what an executor said of a message, which may hold a part of it: whose it is, is known only where it can be read. */
const WITHHELD = 'an executor could not read it; what it said of it is told to the scope platform';

/** Tells of a task and its message only what is the tenant's own; to the scope `platform` it tells whose it is. */
function itemOf(
  { letter: { messageId, sentAt }, read: { code, message }, task }: LetterEntry,
  { tenantId, scopes }: Caller,
  rows: ReadonlyMap<string, Task>,
  viewer: Viewer,
): DeadLetterView {
  const isOwn = task?.tenantId === tenantId;
  const isPlatform = scopes.includes('platform');
  const mayKnow = isOwn || isPlatform || code !== 'malformed';
  const reason = { code, message: mayKnow ? shortened(message, MAX_REASON_CHARACTERS) : WITHHELD };
  const item = { messageId, sentAt: isoTime(sentAt), reason };
  if (task === undefined || !(isOwn || isPlatform)) return item;
  const { id, type } = task;
  if (!isOwn) return { ...item, tenantId: task.tenantId, task: { id, type } };
  const row = rows.get(id);
  if (row === undefined) return { ...item, task: { id, type } };
  const { status, attempt, error } = summaryOf(row, viewer);
  return { ...item, task: compact({ id, type, status, attempt, error }) };
}

/** A request lasts 29 s at most, and what was taken has still to be given back. */
const REDRIVE_MILLISECONDS = 20_000;

const redrivenSchema = once(() => {
  const count = z.int().min(0);
  return z
    .strictObject({
      messages: count.describe('Dead letters that were sent to their lane again'),
      tasks: count.describe('The tasks in them'),
      unreadable: count.describe('Those that stay, since no executor could read them'),
      refused: count.describe('Those that stay, since their lane did not take them'),
      ofOthers: count.describe(
        "Those that stay, since they are other tenants' and the key has not the scope `platform`",
      ),
      ...unseenShape('Not all dead letters were seen: ask again'),
    })
    .meta({ id: 'Redriven' });
});

export const redriveLane: Route = {
  operationId: 'redriveLane',
  summary: "Send a lane's dead letters to it again; with the scope `platform` those of all tenants",
  parameters: [laneParameter],
  response: {
    status: 202,
    description:
      'What was sent. A task that has ended in the meantime does not run again. Where another redrive or list of the class ' +
      'is under way, or has died within the last minute, `isAnotherUnderWay` says so: letters in its hand are not seen',
    schema: redrivenSchema,
  },
  problems: ['not_found', 'unavailable'],

  async handle(request, { tenantId, scopes }, ports) {
    const { resourceClass, laneName } = parseLane(request, ports);
    const deadline = ports.clock() + REDRIVE_MILLISECONDS;
    const deadLetters = availableDeadLetters(ports.deadLetters);
    const whose = scopes.includes('platform') ? 'all' : tenantId;
    const redriven = await redrive(resourceClass, laneName, whose, deadline, { ...ports, deadLetters });
    return { status: 202, body: unseenView(redriven) };
  },
};

import * as z from 'zod';
import { compact } from '../../core/compact.ts';
import { mapConcurrently, once } from '../../core/concurrency.ts';
import { isoTime } from '../../core/iso-time.ts';
import { parsedJson } from '../../core/parsed-json.ts';
import type { TaskSeed } from '../../core/task/task.ts';
import { shortened } from '../../core/zod-messages.ts';
import { orUnavailable } from '../http/problem.ts';
import type { Caller, Route, RouterPorts } from '../route.ts';
import { MAX_REASON_CHARACTERS, reasonSchema } from '../routes/dead-letters.ts';
import { summaryOf, taskSummarySchema } from '../routes/task-view.ts';
import { letterParameters, type OpenLetter, withLetter } from './letter-access.ts';

/** A message of a bulk has many tasks; so many are read at a time. */
const PARALLEL = 10;

/** What cannot be read is shown as it is, and cut: SQS takes 1 MB. */
const MAX_TEXT_CHARACTERS = 65_536;

const letterSchema = once(() => {
  const task = z.strictObject({
    id: z.string(),
    type: z.string(),
    tenantId: z.string(),
    executorKey: z.string(),
    createdAt: z.iso.datetime(),
    ...taskSummarySchema().pick({ status: true, attempt: true, error: true }).partial().shape,
    input: z.unknown().optional().describe('With the scope `read`; missing where it is not kept any more'),
  });
  return z
    .strictObject({
      messageId: z.string(),
      sentAt: z.iso.datetime(),
      reason: reasonSchema(),
      tasks: z.array(task).describe("Those that are the caller's to see; with the scope `platform` all"),
      ofOthers: z.int().min(0).describe('How many tasks of other tenants are in the same message'),
      message: z
        .record(z.string(), z.unknown())
        .optional()
        .describe(
          'The message, which can be sent again with changes; with the scope `read`, and all of it the caller’s',
        ),
      text: z
        .string()
        .optional()
        .describe('What the message is where it is no object of JSON; to the scope `platform`'),
    })
    .meta({ id: 'DeadLetterDetails' });
});
type LetterView = z.infer<ReturnType<typeof letterSchema>>;

export const getDeadLetter: Route = {
  operationId: 'getDeadLetter',
  summary: 'Show a dead letter, and what is in it',
  parameters: letterParameters,
  response: { status: 200, description: 'It, and nobody else is given it meanwhile', schema: letterSchema },
  problems: ['not_found', 'answer_too_large', 'unavailable'],

  async handle(request, caller, ports) {
    const letter = await withLetter(request, caller, ports, async (made) => ({ made, remove: false }));
    return { status: 200, body: await viewOf(letter, caller, ports) };
  },
};

async function viewOf(opened: OpenLetter, caller: Caller, ports: RouterPorts): Promise<LetterView> {
  const { letter, read, tasks, ofOthers } = opened;
  const mayRead = caller.scopes.includes('read');
  const whole = mayRead && ofOthers === 0 ? objectOf(letter.body) : undefined;
  const isText = mayRead && caller.scopes.includes('platform') && whole === undefined;
  return compact({
    messageId: letter.messageId,
    sentAt: isoTime(letter.sentAt),
    reason: { code: read.code, message: shortened(read.message, MAX_REASON_CHARACTERS) },
    tasks: await mapConcurrently(tasks, PARALLEL, (task) => taskOf(task, mayRead, ports)),
    ofOthers,
    message: whole,
    text: isText ? shortened(letter.body, MAX_TEXT_CHARACTERS) : undefined,
  });
}

function objectOf(body: string): Record<string, unknown> | undefined {
  const value = parsedJson(body);
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? { ...value } : undefined;
}

async function taskOf(seed: TaskSeed, mayRead: boolean, ports: RouterPorts): Promise<LetterView['tasks'][number]> {
  const { id, type, tenantId, executorKey, createdAt } = seed;
  const row = await orUnavailable(ports.store.get(tenantId, id, ports.clock()));
  const { status, attempt, error } = row === undefined ? {} : summaryOf(row, ports);
  const input = mayRead ? await orUnavailable(ports.payloads.get(tenantId, seed.input)) : undefined;
  const known = { id, type, tenantId, executorKey, createdAt: isoTime(createdAt), status, attempt };
  return compact({ ...known, error: mayRead ? error : undefined, input });
}

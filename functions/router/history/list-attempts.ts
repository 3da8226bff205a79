import * as z from 'zod';
import { compact } from '../../core/compact.ts';
import { mapConcurrently, once } from '../../core/concurrency.ts';
import { isoTime } from '../../core/iso-time.ts';
import { ATTEMPT_OUTCOMES, type Attempt, attemptsOf, MOST_ATTEMPTS, untoldAttempts } from '../../core/task/attempts.ts';
import type { Task } from '../../core/task/task.ts';
import { orUnavailable } from '../http/problem.ts';
import type { Route, RouterPorts } from '../route.ts';
import { loadTask, taskIdParameter, taskSummarySchema } from '../routes/task-view.ts';

const attemptsSchema = once(() => {
  const time = z.iso.datetime();
  const cause = z.strictObject({ class: z.string().optional(), code: z.string().optional(), message: z.string() });
  const attempt = z
    .strictObject({
      number: z.int().min(1),
      outcome: z
        .enum(ATTEMPT_OUTCOMES)
        .describe(
          '`retried`: it failed, and another was to follow; `given_back`: it could begin nothing, and does not count; `lost`: ' +
            'nothing was kept of it, mostly since its executor was killed',
        ),
      startedAt: time.optional(),
      endedAt: time.optional(),
      executorKey: z.string().optional().describe('The lane that it came from, and the executor that ran it'),
      error: z
        .strictObject({
          code: z.string(),
          message: z.string(),
          retryable: z.boolean(),
          class: z.string().optional().describe('Of what its handler threw'),
          causes: z.array(cause).optional().describe('What lay behind it, the next first'),
          stack: z
            .string()
            .optional()
            .describe('The places in the code of the handler, by the lines of its source, one a line'),
        })
        .optional(),
      progress: taskSummarySchema().shape.progress.describe('How far it was, as its handler told'),
    })
    .meta({ id: 'Attempt' });
  return z.strictObject({ items: z.array(attempt) });
});

export const listAttempts: Route = {
  operationId: 'listAttempts',
  summary: 'List the attempts of a task, with what each failed by',
  parameters: [taskIdParameter],
  response: {
    status: 200,
    description: `First to last; the last ${MOST_ATTEMPTS}, where there were more`,
    schema: attemptsSchema,
  },
  problems: ['not_found', 'unavailable'],

  async handle(request, caller, ports) {
    const attempts = await loadAttempts(await loadTask(request, caller, ports), ports);
    return { status: 200, body: { items: attempts.map(attemptView) } };
  },
};

/** So many fan-outs are looked for at a time. */
const PARALLEL_READS = 10;

/** Reads what is known of a task's attempts. Of one that nothing else tells of, the subtasks that it made may. */
export async function loadAttempts(
  task: Task,
  { attempts, fanOuts }: Pick<RouterPorts, 'attempts' | 'fanOuts'>,
): Promise<Attempt[]> {
  const records = await orUnavailable(attempts.latest(task, MOST_ATTEMPTS));
  const untold = untoldAttempts(task, records);
  const found = await orUnavailable(
    mapConcurrently(untold, PARALLEL_READS, async (attempt) => fanOuts.opened({ ...task, attempt })),
  );
  const fannedOut = new Set(untold.filter((_, place) => found[place] !== undefined));
  return attemptsOf(task, records, (number) => fannedOut.has(number));
}

const attemptView = ({ startedAt, endedAt, ...attempt }: Attempt) =>
  compact({
    ...attempt,
    startedAt: startedAt === undefined ? undefined : isoTime(startedAt),
    endedAt: endedAt === undefined ? undefined : isoTime(endedAt),
  });

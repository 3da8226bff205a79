import * as z from 'zod';
import type { Answer } from './millrace-api.ts';
import type { Kind } from './mix.ts';

export type AcceptedTask = {
  readonly id: string;
  /** `default-high`: its resource class and what its lane is for. */
  readonly lane: string;
  /** By the clock of whoever accepted it. */
  readonly createdAt: number;
};

/** What an answer tells. A bulk may be accepted in part. */
export type Told = {
  readonly accepted: readonly AcceptedTask[];
  /** Whether an earlier submit is answered again. */
  readonly isReplayed: boolean;
  /** Codes of the API, once for each task that was refused by a 429. */
  readonly refusals: readonly string[];
  /** What went wrong otherwise. */
  readonly errors: readonly string[];
};

const taskSchema = z
  .object({ id: z.string(), executorKey: z.string(), createdAt: z.coerce.date() })
  .transform(({ id, executorKey, createdAt }) => ({ id, lane: laneOf(executorKey), createdAt: Number(createdAt) }));
const problemSchema = z.object({ code: z.string(), status: z.number().optional() });
const bulkSchema = z.object({
  results: z.array(
    z.union([
      z.object({ status: z.literal('accepted'), task: taskSchema }),
      z.object({ status: z.literal('rejected'), problem: problemSchema }),
    ]),
  ),
});

/** The lane of an executor's key, whichever the shard. */
export const laneOf = (executorKey: string): string => executorKey.split('/').slice(0, 2).join('-');

const NOTHING: Told = { accepted: [], isReplayed: false, refusals: [], errors: [] };

/** Reads an answer to an operation of a kind. */
export function told(kind: Kind, { status, headers, body }: Answer): Told {
  if (status === 429)
    return { ...NOTHING, refusals: [problemSchema.safeParse(body).data?.code ?? 'too many requests'] };
  if (status >= 300)
    return { ...NOTHING, errors: [`${status} ${problemSchema.safeParse(body).data?.code ?? ''}`.trim()] };
  if (kind === 'read' || kind === 'list') return NOTHING;
  const read = kind === 'bulk' ? ofBulk(body) : { ...NOTHING, accepted: [taskSchema.parse(body)] };
  return { ...read, isReplayed: headers['idempotent-replayed'] === 'true' };
}

function ofBulk(body: unknown): Told {
  const { results } = bulkSchema.parse(body);
  const accepted = results.flatMap((one) => (one.status === 'accepted' ? [one.task] : []));
  const problems = results.flatMap((one) => (one.status === 'rejected' ? [one.problem] : []));
  const isRefusal = ({ code, status }: z.infer<typeof problemSchema>) =>
    status === 429 || code === 'lane_saturated' || code === 'rate_limited';
  return {
    ...NOTHING,
    accepted,
    refusals: problems.filter(isRefusal).map(({ code }) => code),
    errors: problems.filter((problem) => !isRefusal(problem)).map(({ code }) => `in a bulk: ${code}`),
  };
}

import * as z from 'zod';
import { deadLettersNameOf, LANE_KINDS, queueNameOf, SNAPSHOT_VALID_SECONDS } from '../../contract.ts';
import { mapConcurrently, once } from '../../core/concurrency.ts';
import { estimatedWaitSeconds, worstWaitSeconds } from '../../core/lane/admission.ts';
import { type Depth, executorKeysOf, type LaneState, laneOf, tasksIn } from '../../core/lane/lane.ts';
import { classOf, shareOf } from '../../resource-classes.ts';
import { orUnavailable } from '../http/problem.ts';
import type { Route, RouterPorts } from '../route.ts';

const laneSchema = once(() => {
  const count = z.int().min(0);
  return z
    .strictObject({
      name: z.string().describe("The name of its queue, less the deployment's"),
      resourceClass: z.string(),
      kind: z
        .enum(LANE_KINDS)
        .describe(
          '`batch` is the lane of types that run many at a time, `express` that of tenants with little to do while others ' +
            'crowd their lane; both take any priority',
        ),
      priority: z.enum(LANE_KINDS).meta({ deprecated: true, description: 'What `kind` was called before' }),
      depth: count.describe('Tasks that wait: messages by the tasks that each has held of late, so about'),
      inFlight: count.describe('Tasks that executors hold, likewise'),
      deadLetters: count.describe('Messages that are set aside, of all lanes of its class'),
      maxConcurrency: count.describe('Executors that it may have now'),
      estimatedWaitSeconds: z.number().nullable().describe('Of a task that comes now; null until something has run'),
      worstWaitSeconds: z.number().nullable().describe('The same with the two executors that it keeps in any case'),
      admission: z.enum(['open', 'closed']).describe('Closed: what is submitted to it now is refused'),
    })
    .meta({ id: 'Lane' });
});

/** So many requests to SQS are under way at a time. */
const PARALLEL = 20;

export const listLanes: Route = {
  operationId: 'listLanes',
  summary: 'List the lanes, with what waits in them',
  response: { status: 200, description: 'All of them', schema: () => z.strictObject({ items: z.array(laneSchema()) }) },
  problems: ['unavailable'],

  async handle(_request, _caller, ports) {
    const states = await ports.lanes.states();
    const names = Object.keys(ports.classes);
    const letters = await Promise.all(names.map((name) => orUnavailable(ports.depths.read(deadLettersNameOf(name)))));
    const items = await orUnavailable(
      mapConcurrently(executorKeysOf(ports.classes), PARALLEL, async (key) => {
        const { resourceClass, kind } = laneOf(key);
        const state = states.get(key);
        const name = queueNameOf(key);
        const messages = await ports.depths.read(name);
        const share = shareOf(classOf(ports.classes, resourceClass), kind);
        return {
          name,
          resourceClass,
          kind,
          priority: kind,
          deadLetters: letters[names.indexOf(resourceClass)]?.depth ?? 0,
          ...inTasks(messages, state),
          ...governed(state, share, messages.depth, ports),
        };
      }),
    );
    return { status: 200, body: { items } };
  },
};

const inTasks = ({ depth, inFlight }: Depth, state: LaneState | undefined): Depth => ({
  depth: Math.round(tasksIn(depth, state)),
  inFlight: Math.round(tasksIn(inFlight, state)),
});

/** Shows a lane as the governor says, or as it was deployed where the governor has said nothing of late. */
function governed(state: LaneState | undefined, share: number, depth: number, { clock }: RouterPorts) {
  const isKnown = state !== undefined && clock() - state.at <= SNAPSHOT_VALID_SECONDS * 1000;
  const now = state && { ...state, depth };
  return {
    maxConcurrency: state?.maxConcurrency ?? share,
    estimatedWaitSeconds: now === undefined ? null : estimatedWaitSeconds(now),
    worstWaitSeconds: now === undefined ? null : worstWaitSeconds(now),
    admission: isKnown && !state.isAdmitting ? 'closed' : 'open',
  };
}

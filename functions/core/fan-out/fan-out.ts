import * as z from 'zod';
import { MAX_ATTEMPTS, MAX_FAN_OUT_DEPTH, PRIORITIES } from '../../contract.ts';
import { classOf, type DeployedClasses, WEBHOOK_TYPE } from '../../resource-classes.ts';
import { compact } from '../compact.ts';
import { mapConcurrently, once } from '../concurrency.ts';
import {
  type Subtask,
  type SubtaskResult,
  type TaskCatalog,
  type TaskDefinition,
  TaskFailure,
} from '../define-task.ts';
import { findDefinition, inputVersionOf, validated } from '../definition/find-definition.ts';
import type { JsonValue } from '../json.ts';
import { executorKeyFor } from '../lane/routing.ts';
import type { PayloadStore, TaskStore } from '../ports.ts';
import { UNKEYED } from '../task/fingerprint.ts';
import { subtaskIdOf } from '../task/ids.ts';
import { taskError } from '../task/outcome.ts';
import { INLINE_INPUT_BYTES, keepUntilOf, MAX_WIRE_BYTES, wireBytesOf } from '../task/payload.ts';
import { isFinished, newTask, type RunningTask, subtaskIdsOf, type TaskSeed, type WaitingTask } from '../task/task.ts';
import { effective, type SettingsStore } from '../task-settings.ts';
import { issueTexts } from '../zod-messages.ts';
import type { FanOutRecord } from './fan-outs.ts';
import { endWithParent, failWaiting, type PropagateEndPorts, propagateEnd, subtaskError } from './propagate-end.ts';
import { isOfEarlier, parentKeyOf, resumeParent, takeOver } from './take-over.ts';

export type FanOutPorts = PropagateEndPorts & {
  readonly store: Pick<TaskStore, 'cancel' | 'get' | 'getAll' | 'insert' | 'retry'>;
  readonly payloads: PayloadStore;
  readonly settings: SettingsStore;
  readonly catalog: TaskCatalog;
  readonly classes: DeployedClasses;
};

/** So many rows and payloads are under way at a time. */
const PARALLEL = 50;

const subtaskSchema = once(() =>
  z.strictObject({
    type: z.string(),
    // It is not z.json(), whose copy has no key `__proto__`.
    input: z.custom<JsonValue>((value) => value !== undefined, 'is missing'),
    priority: z.enum(PRIORITIES).exactOptional(),
    maxAttempts: z.int().min(1).max(MAX_ATTEMPTS).exactOptional(),
    timeoutSeconds: z.int().min(1).exactOptional(),
  }),
);

/** Says what is wrong with subtasks that a handler has returned; `undefined` where they can all run. */
export async function validateSubtasks(
  subtasks: readonly Subtask[],
  parent: TaskSeed,
  ports: Pick<FanOutPorts, 'catalog' | 'classes'>,
): Promise<string | undefined> {
  if ((parent.parent?.depth ?? 0) >= MAX_FAN_OUT_DEPTH) return `fan-outs within ${MAX_FAN_OUT_DEPTH} fan-outs`;
  for (const [place, subtask] of subtasks.entries()) {
    const refusal = await subtaskRefusal(subtask, ports);
    if (refusal !== undefined) return `subtask ${place}: ${refusal}`;
  }
  // They are kept as one payload, which may have no more bytes than that.
  const bytes = wireBytesOf(JSON.stringify(subtasks));
  return bytes <= MAX_WIRE_BYTES ? undefined : `${bytes} bytes of subtasks, where ${MAX_WIRE_BYTES} fit`;
}

async function subtaskRefusal(
  subtask: unknown,
  { catalog, classes }: Pick<FanOutPorts, 'catalog' | 'classes'>,
): Promise<string | undefined> {
  const parsed = subtaskSchema().safeParse(subtask);
  if (!parsed.success) return issueTexts(parsed.error.issues);
  const { type, input, timeoutSeconds = 0 } = parsed.data;
  // An executor that delivers to webhooks has their type, too.
  const definition = type === WEBHOOK_TYPE ? undefined : await findDefinition(catalog, type);
  if (definition === undefined) return `there is no task type ${type}`;
  const longest = classOf(classes, definition.resources).timeoutSeconds;
  if (timeoutSeconds > longest) return `an attempt of class ${definition.resources} may take ${longest} s`;
  const { issues } = await validated(definition, input);
  return issues && issueTexts(issues, (path) => `input ${path}`.trim());
}

/** Keeps what an attempt was fanned out into, before its task waits for it and before any of it exists. */
export async function openFanOut(
  task: RunningTask,
  subtasks: readonly Subtask[],
  onFailure: FanOutRecord['onFailure'],
  ports: FanOutPorts,
): Promise<void> {
  const { tenantId, id, attempt } = task;
  const keepUntil = keepUntilOf(task, ports.clock(), ports.retentionDays);
  const kept = await ports.payloads.put(
    tenantId,
    id,
    `subtasks-${attempt}`,
    subtasks as unknown as JsonValue,
    keepUntil,
  );
  const record = { subtasks: kept, onFailure, count: subtasks.length };
  await ports.fanOuts.open({ tenantId, id, attempt }, record, keepUntil);
}

/**
 * Looks after a task that waits: takes over what an earlier fan-out has left, makes those of its subtasks that do not exist,
 * hears those that have ended unheard, and lets it go on when none is left. Doing it again, or twice at once, makes nothing
 * twice.
 */
export async function reconcileFanOut(parent: WaitingTask, ports: FanOutPorts): Promise<void> {
  const key = parentKeyOf(parent);
  const record = await ports.fanOuts.get(key);
  if (record === undefined) return failForGood(parent, ports);
  // From here on a subtask that ends in the earlier one reports to this one; those that have ended are found below.
  if (record.supersedes !== undefined) await ports.fanOuts.supersede({ ...key, attempt: record.supersedes });
  const ids = subtaskIdsOf(parent);
  const places = [...record.pending];
  const found = await ports.store.getAll(
    parent.tenantId,
    places.flatMap((place) => ids[place] ?? []),
    ports.clock(),
  );
  const existing = new Set<string>(found.map(({ id }) => id));
  const ended = found.filter(isFinished);
  await takeOver(
    parent,
    ended.filter((task) => isOfEarlier(task, parent)),
    ports,
  );
  await createSubtasks(
    parent,
    record,
    places.filter((place) => !existing.has(ids[place] ?? '')),
    ports,
  );
  for (const task of ended) if (!isOfEarlier(task, parent)) await propagateEnd(task, ports);
}

const GONE = 'what the task was fanned out into is not kept any more';

/** A broken definition fails its subtasks after this: a deployment that mends or brings it takes less. */
const BROKEN_DEFINITION_SECONDS = 3_600;

/** Ends a task whose subtasks can never be made: otherwise it would wait for them without end. */
const failForGood = (parent: WaitingTask, ports: FanOutPorts): Promise<void> =>
  failWaiting(parentKeyOf(parent), taskError('subtasks_missing', GONE, false), ports);

/** Ends a task whose subtasks cannot be made, as long as anything could still mend that; then it throws. */
async function failInTheEnd(parent: WaitingTask, thrown: unknown, ports: FanOutPorts): Promise<void> {
  const waited = ports.clock() - parent.startedAt;
  if (!(thrown instanceof TaskFailure) || waited < BROKEN_DEFINITION_SECONDS * 1000) throw thrown;
  await failWaiting(parentKeyOf(parent), taskError(thrown.code, thrown.message, false), ports);
}

/**
 * Makes the subtasks at these places, in the queue first as a submit does: a task that is queued will run, and has a row
 * then.
 */
export async function createSubtasks(
  parent: WaitingTask,
  { subtasks: kept, pending }: FanOutRecord,
  places: readonly number[],
  ports: FanOutPorts,
): Promise<void> {
  if (places.length > 0) {
    const value = await ports.payloads.get(parent.tenantId, kept);
    if (value === undefined) return failForGood(parent, ports);
    const subtasks = z.array(subtaskSchema()).parse(value);
    const making = mapConcurrently(places, PARALLEL, (place) => seedOfSubtask(parent, subtasks[place], place, ports));
    const seeds = await making.catch((thrown: unknown) => failInTheEnd(parent, thrown, ports));
    if (seeds === undefined) return;
    const refused = await ports.queue.sendAll(seeds.map((task) => ({ task, delaySeconds: 0 })));
    // All that the queue took get a row, or they could not be cancelled with their parent.
    const taken = seeds.filter(({ id }) => !refused.has(id));
    await mapConcurrently(taken, PARALLEL, (seed) => ports.store.insert(newTask(seed)));
    if (refused.size > 0) throw new Error(`the queue refused ${refused.size} subtasks`);
  }
  if (pending.size === 0) await resumeParent(parentKeyOf(parent), ports);
  // It may have been cancelled before its subtasks were there to be cancelled with it.
  await endWithParent(parent, ports);
}

async function seedOfSubtask(
  parent: WaitingTask,
  subtask: z.infer<ReturnType<typeof subtaskSchema>> | undefined,
  place: number,
  ports: FanOutPorts,
): Promise<TaskSeed> {
  if (subtask === undefined) throw new Error(`the fan-out of ${parent.id} has no subtask ${place}`);
  const definition = await findDefinition(ports.catalog, subtask.type);
  if (definition === undefined) {
    throw new TaskFailure('unknown_task_type', `this deployment has no task type ${subtask.type}`);
  }
  const { tenantId, workflowInstanceId, schedule, traceHeader, limits, fanOut } = parent;
  const id = subtaskIdOf(tenantId, parent.id, fanOut.madeIn ?? fanOut.attempt, place);
  const createdAt = ports.clock();
  const defaults = effective(definition, await ports.settings.get(subtask.type));
  const retentionDays = retentionOfSubtask(definition, parent, ports);
  const keepUntil = keepUntilOf({ retentionDays }, createdAt, ports.retentionDays);
  const priority = subtask.priority ?? parent.priority;
  return compact({
    id,
    tenantId,
    type: subtask.type,
    resourceClass: definition.resources,
    priority,
    executorKey: executorKeyFor(definition, { tenantId, priority, workflowInstanceId }, ports.classes),
    maxAttempts: subtask.maxAttempts ?? defaults.maxAttempts,
    timeoutSeconds: subtask.timeoutSeconds ?? defaults.timeoutSeconds,
    retentionDays,
    input: await ports.payloads.put(tenantId, id, 'input', subtask.input, keepUntil, INLINE_INPUT_BYTES),
    inputVersion: inputVersionOf(ports.catalog, subtask.type),
    fingerprint: UNKEYED,
    createdAt,
    parent: { id: parent.id, attempt: fanOut.attempt, index: place, depth: (parent.parent?.depth ?? 0) + 1 },
    workflowInstanceId,
    schedule,
    traceHeader,
    limits,
  });
}

/** A subtask is kept as long as its parent, which may combine it or take it over; `undefined` where that is as long as all. */
function retentionOfSubtask(
  { retentionDays: own }: TaskDefinition,
  { retentionDays: ofParent }: WaitingTask,
  { retentionDays }: FanOutPorts,
): number | undefined {
  const days = Math.max(own ?? retentionDays, ofParent ?? retentionDays);
  return days === retentionDays ? undefined : days;
}

/** Returns how the subtasks of a task have ended, in their order. */
export async function subtaskResults(
  parent: RunningTask,
  { store, payloads, clock }: Pick<FanOutPorts, 'store' | 'payloads' | 'clock'>,
): Promise<SubtaskResult[]> {
  const ids = subtaskIdsOf(parent);
  const found = new Map((await store.getAll(parent.tenantId, ids, clock())).map((task) => [task.id, task]));
  return mapConcurrently(ids, PARALLEL, async (id): Promise<SubtaskResult> => {
    const task = found.get(id);
    if (task === undefined || !isFinished(task)) {
      return { status: 'failed', error: { code: 'subtask_missing', message: `subtask ${id} is past its retention` } };
    }
    if (task.status === 'succeeded') {
      const output = await payloads.get(parent.tenantId, task.output);
      const message = `the output of subtask ${id} is not in the payload store any more`;
      return output === undefined
        ? { status: 'failed', error: { code: 'output_missing', message } }
        : { status: 'succeeded', output };
    }
    const { code, message } = subtaskError(task);
    return { status: task.status, error: { code, message } };
  });
}

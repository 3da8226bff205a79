import { MAX_ATTEMPTS } from '../../contract.ts';
import { findDefinition, validated } from '../../core/definition/find-definition.ts';
import { executorKeysOf, laneOf } from '../../core/lane/lane.ts';
import { decodeMessage } from '../../core/task/message.ts';
import { keepUntilOf } from '../../core/task/payload.ts';
import type { TaskSeed } from '../../core/task/task.ts';
import { type FieldError, fieldErrors, noSuch, orUnavailable, Problem } from '../http/problem.ts';
import type { Caller, RouterPorts } from '../route.ts';
import { timeoutErrors } from '../routes/definitions.ts';
import type { OpenLetter } from './letter-access.ts';

/** By these a task is known and found: a message that says another of them is of another task. */
const KEPT = [
  ...(['createdAt', 'runAt', 'fingerprint', 'parent', 'schedule', 'limits', 'retentionDays', 'traceHeader'] as const),
  ...(['assignee', 'workflowInstanceId', 'tags', 'onEnd'] as const),
];

/**
 * Reads a message as somebody has changed it. Throws the problem that names all that is wrong: it has to be one that an executor
 * can read, with no tasks but those of the dead letter, unless that could not be read.
 */
export async function editedTasks(
  message: Record<string, unknown>,
  { read, tasks }: OpenLetter,
  { tenantId, scopes }: Caller,
  ports: RouterPorts,
): Promise<readonly TaskSeed[]> {
  const decoded = decodeMessage(JSON.stringify(message), ports.classes);
  if (decoded.result === 'newer') throw refusal([{ field: '/message/v', message: 'must be 1' }]);
  if (decoded.result === 'malformed') throw refusal([{ field: '/message', message: decoded.reason }]);
  const errors: FieldError[] = [];
  const former = new Map(tasks.map((task) => [keyOf(task), task]));
  for (const [place, task] of decoded.tasks.entries()) {
    const at = (field: string, text: string) =>
      errors.push({ field: `/message/tasks/${place}${field}`, message: text });
    if (task.tenantId !== tenantId && !scopes.includes('platform')) at('/tenantId', `must be ${tenantId}`);
    if (read.tasks.length > 0) {
      const before = former.get(keyOf(task));
      if (before === undefined) at('/id', 'is of no task in the dead letter');
      else for (const field of changedOf(before, task)) at(`/${field}`, 'must stay as it is');
      // A retry may have given it more of them than a submit can.
      const most = Math.max(MAX_ATTEMPTS, before?.maxAttempts ?? 0);
      if (task.maxAttempts > most) at('/maxAttempts', `must be at most ${most}`);
    }
    errors.push(...(await definitionErrors(task, `/message/tasks/${place}`, ports)));
  }
  if (new Set(decoded.tasks.map(keyOf)).size < decoded.tasks.length) {
    errors.push({ field: '/message/tasks', message: 'names a task twice' });
  }
  if (errors.length > 0) throw refusal(errors);
  return decoded.tasks;
}

const refusal = (errors: readonly FieldError[]): Problem =>
  new Problem('invalid_request', 'the message is not one that could be sent', { errors });

const keyOf = ({ tenantId, id }: TaskSeed): string => `${tenantId}#${id}`;

const changedOf = (before: TaskSeed, after: TaskSeed): string[] => [
  ...KEPT.filter((field) => JSON.stringify(before[field]) !== JSON.stringify(after[field])),
  ...('ref' in after.input && JSON.stringify(after.input) !== JSON.stringify(before.input) ? ['input'] : []),
];

async function definitionErrors(
  task: TaskSeed,
  pointer: string,
  { catalog, classes }: RouterPorts,
): Promise<FieldError[]> {
  const { type, executorKey, resourceClass, timeoutSeconds, input } = task;
  const definition = await findDefinition(catalog, type);
  if (definition === undefined) {
    return [{ field: `${pointer}/type`, message: noSuch('task type', type, Object.keys(catalog)) }];
  }
  const lanes = executorKeysOf(classes);
  const isLane = lanes.includes(executorKey) && laneOf(executorKey).resourceClass === resourceClass;
  const errors = isLane ? [] : [{ field: `${pointer}/executorKey`, message: `must be a lane of ${resourceClass}` }];
  // An executor of the class would give it back, time after time.
  for (const { field, message } of timeoutErrors(timeoutSeconds, resourceClass, classes)) {
    errors.push({ field: pointer + field, message });
  }
  if ('ref' in input) return errors;
  const { issues } = await validated(definition, input.inline);
  return issues === undefined ? errors : [...errors, ...fieldErrors(issues, `${pointer}/input/inline`)];
}

/**
 * Has the rows of changed tasks say what will run, and keeps their inputs. Throws the problem of a task that runs, or has ended: its
 * message would be of no use.
 */
export async function keepEdited(
  tasks: readonly TaskSeed[],
  { letter }: OpenLetter,
  ports: RouterPorts,
): Promise<readonly TaskSeed[]> {
  const kept: TaskSeed[] = [];
  for (const task of tasks) {
    const { tenantId, id } = task;
    const keepUntil = keepUntilOf(task, ports.clock(), ports.retentionDays);
    const name = `input-${letter.messageId}`;
    const input =
      'ref' in task.input
        ? task.input
        : await orUnavailable(ports.payloads.put(tenantId, id, name, task.input.inline, keepUntil));
    const edited = { ...task, input };
    const revised = await orUnavailable(ports.revisions.revise(edited, ports.clock()));
    if (revised === 'lost') {
      throw new Problem(
        'invalid_status',
        `the task ${id} runs, or has ended, or was deleted: retry it, or drop this message`,
      );
    }
    kept.push(edited);
  }
  return kept;
}

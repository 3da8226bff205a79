import { onTestFinished } from 'vitest';
import { parseOutboundHosts } from '../../../functions/adapters/http/outbound-policy.ts';
import { UndiciHttpClient } from '../../../functions/adapters/http/undici-http-client.ts';
import { FanOut, fail, type TaskContext, type TaskDefinition } from '../../../functions/core/define-task.ts';
import type { JsonValue } from '../../../functions/core/json.ts';

export const TASK_ID = '01K0000000000000000000000A-0';

/** Makes what the executor gives a handler, with HTTP that may call this machine. */
export function taskContext(signal: AbortSignal = new AbortController().signal): TaskContext {
  const http = new UndiciHttpClient(parseOutboundHosts('127.0.0.1'));
  onTestFinished(() => http.close());
  return {
    task: { id: TASK_ID, tenantId: 'acme', type: 'test', attempt: 1, maxAttempts: 3 },
    signal,
    http,
    secret: async () => '',
    log: () => {},
    progress: () => {},
    map: (items, work) => Promise.all(items.map(work)),
    fanOut: (subtasks) => new FanOut(subtasks),
    fail,
  };
}

/** Returns the messages of what is wrong with an input, each behind the path of its field; none if nothing is. */
export async function issuesOf(definition: TaskDefinition, input: JsonValue): Promise<string[]> {
  const { issues = [] } = await definition.input['~standard'].validate(input);
  return issues.map(({ path = [], message }) => `${path.map(String).join('.')}: ${message}`);
}

/** Makes one attempt, as the executor does: the raw input is validated, and what comes out of that is run. */
export async function attempt(
  definition: TaskDefinition,
  input: JsonValue,
  ctx: TaskContext = taskContext(),
): Promise<unknown> {
  if (definition.batch !== undefined) throw new Error(`${definition.type} takes batches`);
  const parsed = await definition.input['~standard'].validate(input);
  if (parsed.issues !== undefined) throw new Error(JSON.stringify(parsed.issues));
  return definition.run(parsed.value, ctx);
}

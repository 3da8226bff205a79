import type { InputOf, OutputOf, SingleTaskDefinition } from '../functions/core/define-task.ts';
import { installMessages } from '../functions/core/zod-messages.ts';
import { runHandler } from '../functions/executor/attempt/run-handler.ts';
import { type AttemptResult, heldUntil, resultOf } from './attempt-result.ts';
import { Notes, type Told } from './notes.ts';
import { inputOf, runningTask, type TestOptions } from './test-options.ts';
import { testPorts } from './test-ports.ts';

/**
 * Makes one attempt at a task by the executor's own steps: its input is held against the schema, its handler has the timeout, and
 * what that returns is kept as JSON and held against the output schema.
 *
 *     const { output } = await runTask(greet, { name: 'Ada' });
 *     expect(output).toEqual({ greeting: 'Hello Ada' });
 *
 * An isolated type runs in the thread of the test, and what `tasks` of the options names may be fanned out into.
 */
export async function runTask<Definition extends SingleTaskDefinition>(
  definition: Definition,
  input: InputOf<Definition>,
  options: TestOptions = {},
): Promise<AttemptResult<OutputOf<Definition>> & Told> {
  installMessages();
  const notes = new Notes();
  const task = runningTask(definition, input, options);
  const ports = { ...testPorts(definition, options, notes), store: heldUntil(options.signal) };
  const call = { handler: 'run', input: inputOf(task) } as const;
  const noted: SingleTaskDefinition = notes.noting(definition);
  const outcome = await runHandler(noted, call, task, task.timeoutSeconds * 1000, ports);
  return { ...resultOf<OutputOf<Definition>>(outcome), ...notes.told };
}

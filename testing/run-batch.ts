import { chunksOf } from '../functions/core/concurrency.ts';
import type { BatchTaskDefinition, InputOf, OutputOf } from '../functions/core/define-task.ts';
import { installMessages } from '../functions/core/zod-messages.ts';
import { runBatch as callBatch } from '../functions/executor/attempt/run-batch.ts';
import { type AttemptResult, heldUntil, resultOf } from './attempt-result.ts';
import { Notes, type Told } from './notes.ts';
import { inputOf, runningTask, type TestOptions } from './test-options.ts';
import { testPorts } from './test-ports.ts';

/**
 * Makes one attempt at each of many tasks of a type that runs in batches, by the executor's own steps; `outcomes` has one for each
 * input. More than `maxSize` tasks take several calls, as they would.
 */
export async function runBatch<Definition extends BatchTaskDefinition>(
  definition: Definition,
  inputs: readonly InputOf<Definition>[],
  options: TestOptions = {},
): Promise<{ readonly outcomes: readonly AttemptResult<OutputOf<Definition>>[] } & Told> {
  installMessages();
  const notes = new Notes();
  const ports = { ...testPorts(definition, options, notes), store: heldUntil(options.signal) };
  const items = inputs.map((input) => {
    const task = runningTask(definition, input, options);
    return { task, input: inputOf(task) };
  });
  const { timeoutSeconds = definition.timeoutSeconds } = options;
  const calls = chunksOf(items, definition.batch.maxSize).map(async (chunk) => {
    const outcomeOf = await callBatch(definition, chunk, timeoutSeconds * 1000, ports);
    return chunk.map(({ task }) => resultOf<OutputOf<Definition>>(outcomeOf(task)));
  });
  return { outcomes: (await Promise.all(calls)).flat(), ...notes.told };
}

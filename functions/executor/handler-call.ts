import { FanOut, type SingleTaskDefinition, type SubtaskResult, type TaskContext } from '../core/define-task.ts';
import type { JsonValue } from '../core/json.ts';
import { fanOutOf, outputOf } from '../core/outcome.ts';

/** Which handler of a definition is called, and with what. The input is JSON until its schema has made something of it. */
export type HandlerCall =
  | { readonly handler: 'run'; readonly input: unknown }
  | { readonly handler: 'combine'; readonly input: unknown; readonly results: readonly SubtaskResult[] };

/** Calls the handler, here and now, and makes what it returns what JSON carries: in its thread, it never leaves otherwise. */
export async function calledHandler(
  definition: SingleTaskDefinition,
  call: HandlerCall,
  ctx: TaskContext,
): Promise<JsonValue | FanOut> {
  const returned = await returnedBy(definition, call, ctx);
  return returned instanceof FanOut ? fanOutOf(returned, definition.type) : outputOf(returned, definition.type);
}

async function returnedBy(definition: SingleTaskDefinition, call: HandlerCall, ctx: TaskContext): Promise<unknown> {
  if (call.handler === 'run') return definition.run(call.input, ctx);
  if (definition.fanOut !== undefined) return definition.fanOut.combine(call.results, call.input, ctx);
  return ctx.fail('no_combine', `${definition.type} was fanned out, and has no fanOut.combine any more`);
}

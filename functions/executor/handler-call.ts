import type { FanOut, SingleTaskDefinition, SubtaskResult, TaskContext } from '../core/define-task.ts';
import type { JsonValue } from '../core/json.ts';

/** Which handler of a definition is called, and with what. The input is JSON until its schema has made something of it. */
export type HandlerCall =
  | { readonly handler: 'run'; readonly input: unknown }
  | { readonly handler: 'combine'; readonly input: unknown; readonly results: readonly SubtaskResult[] };

/** Calls the handler, here and now. */
export async function calledHandler(
  definition: SingleTaskDefinition,
  call: HandlerCall,
  ctx: TaskContext,
): Promise<JsonValue | FanOut> {
  if (call.handler === 'run') return definition.run(call.input, ctx);
  if (definition.fanOut !== undefined) return definition.fanOut.combine(call.results, call.input, ctx);
  return ctx.fail('no_combine', `${definition.type} was fanned out, and has no fanOut.combine any more`);
}

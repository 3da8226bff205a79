import { setImmediate as turn } from 'node:timers/promises';
import { FanOut, type SingleTaskDefinition, type SubtaskResult, type TaskContext } from '../core/define-task.ts';
import type { JsonValue } from '../core/json.ts';
import { fanOutOf, outputOf } from '../core/outcome.ts';
import { AttemptScope } from './attempt-scope.ts';

/** Which handler of a definition is called, and with what. The input is JSON until its schema has made something of it. */
export type HandlerCall =
  | { readonly handler: 'run'; readonly input: unknown }
  | { readonly handler: 'combine'; readonly input: unknown; readonly results: readonly SubtaskResult[] };

/** Calls the handler, here and now, and makes what it returns what JSON carries: in its thread, it never leaves otherwise. */
export async function calledHandler(
  definition: SingleTaskDefinition,
  call: HandlerCall,
  context: TaskContext,
): Promise<JsonValue | FanOut> {
  const returned = await returnedBy(context, async (ctx) => {
    if (call.handler === 'run') return definition.run(call.input, ctx);
    if (definition.fanOut !== undefined) return definition.fanOut.combine(call.results, call.input, ctx);
    return ctx.fail('no_combine', `${definition.type} was fanned out, and has no fanOut.combine any more`);
  });
  return returned instanceof FanOut ? fanOutOf(returned, definition.type) : outputOf(returned, definition.type);
}

/**
 * What a handler returns, once a rejection that it has left behind has been heard. Where it goes on after `ctx.fail`, which
 * some `catch` of its own must have swallowed, the log says so: the task will seem to have gone well.
 */
export async function returnedBy<Context extends Pick<TaskContext, 'fail'>, Returned>(
  context: Context,
  run: (ctx: Context) => Promise<Returned>,
): Promise<Returned> {
  let caught: object | undefined;
  const fail: TaskContext['fail'] = (code, message, options) => {
    caught = { error: code, error_message: message };
    return context.fail(code, message, options);
  };
  const returned = await run({ ...context, fail });
  await turn();
  if (caught !== undefined) AttemptScope.current()?.log('warn', 'ctx.fail was caught: the attempt goes on', caught);
  return returned;
}

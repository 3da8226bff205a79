import { compact } from '../functions/core/compact.ts';
import type { FanOutPolicy, SingleTaskDefinition, TaskContext } from '../functions/core/define-task.ts';
import type { Log } from '../functions/core/ports.ts';
import type { Progress } from '../functions/core/task/task.ts';

/** A line of the log: of `ctx.log`, with its fields, or of the executor, such as the stack of what a handler threw. */
export type LogLine = {
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
};

/** What a handler, and its executor, have told meanwhile. */
export type Told = { readonly progress: readonly Progress[]; readonly logs: readonly LogLine[] };

/** Keeps what is told in a test. */
export class Notes {
  readonly told = { progress: [] as Progress[], logs: [] as LogLine[] };

  readonly log: Log = (level, message, { fields = {}, ...ofTask }) => {
    this.told.logs.push({ level, message, fields: { ...ofTask, ...Object(fields) } });
  };

  /** Returns a definition whose every call of `ctx.progress` is noted: its executor would keep only the latest. */
  noting(definition: SingleTaskDefinition): SingleTaskDefinition {
    const { fanOut } = definition;
    return compact({
      ...definition,
      run: (input: unknown, ctx: TaskContext) => definition.run(input, this.#noted(ctx)),
      fanOut: fanOut && {
        ...fanOut,
        combine: (...[results, input, ctx]: Parameters<FanOutPolicy['combine']>) =>
          fanOut.combine(results, input, this.#noted(ctx)),
      },
    });
  }

  #noted(ctx: TaskContext): TaskContext {
    const progress: TaskContext['progress'] = (fraction, note) => {
      ctx.progress(fraction, note);
      this.told.progress.push(compact({ fraction, note }));
    };
    return { ...ctx, progress };
  }
}

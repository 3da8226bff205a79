import type { InputOf, OutputOf, Subtask, TaskDefinition } from '../define-task.ts';

/** What a subtask may say beside its input. */
export type SubtaskOptions = Pick<Subtask, 'priority' | 'maxAttempts' | 'timeoutSeconds'>;

/**
 * Makes a subtask of a known type for `ctx.fanOut`: its input is checked when it is compiled, and `combine` knows its output.
 *
 *     return ctx.fanOut(pages.map((page) => subtask(renderPage, { page })));
 *
 * A definition whose module is not to be loaded is known by its type alone:
 *
 *     import type { renderPage } from '../render-page.ts';
 *     subtask<typeof renderPage>('page.render', { page });
 */
export function subtask<Definition extends TaskDefinition>(
  definition: Definition | Definition['type'],
  input: InputOf<Definition>,
  options?: SubtaskOptions,
): Subtask<OutputOf<Definition>> {
  return { ...options, type: typeof definition === 'string' ? definition : definition.type, input };
}

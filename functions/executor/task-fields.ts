import type { TaskSeed } from '../core/task.ts';
import { traceIdOf } from '../core/trace-header.ts';

/** What every line about a task, or about an attempt of it, carries: `docs/runbook.md` and the saved queries look for it. */
export const fieldsOf = ({
  id,
  type,
  traceHeader,
  attempt,
}: Pick<TaskSeed, 'id' | 'type' | 'traceHeader'> & { readonly attempt?: number }) => ({
  task_id: id,
  task_type: type,
  ...(attempt === undefined ? {} : { attempt }),
  trace_id: traceIdOf(traceHeader),
});

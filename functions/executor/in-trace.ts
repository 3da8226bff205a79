import type { Annotations, Tracing } from '../core/ports.ts';
import type { RunningTask } from '../core/task.ts';

/** Does something for a task in a segment of its own trace, which says what became of the attempt. */
export const inTrace = <T>(
  { id, type, traceHeader }: RunningTask,
  { tracing }: { readonly tracing: Tracing },
  work: (annotate: (more: Annotations) => void) => Promise<T>,
): Promise<T> => tracing.segment(type, traceHeader, { task_id: id, task_type: type }, work);

import type { ComponentChildren } from 'preact';
import type { TaskSummary } from '../api/task.ts';

type TaskErrorProps = { readonly error: NonNullable<TaskSummary['error']>; readonly children?: ComponentChildren };

/** Shows what a task failed by; what is to be said before it is within. */
export const TaskError = ({ error: { code, message }, children }: TaskErrorProps) => (
  <div class="task-error">
    <strong>
      {children}
      <code>{code}</code>
    </strong>
    <p>{message}</p>
  </div>
);

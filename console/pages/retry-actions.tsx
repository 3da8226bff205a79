import { call } from '../api/call.ts';
import { isBulkAction, isLost, isOfOwnType, type Task, type TaskSummary, taskSchema } from '../api/task.ts';
import { hrefOf } from '../model/route.ts';
import { announce } from '../parts/announcement.tsx';
import { ConfirmedAction } from '../parts/confirmed-action.tsx';

const retry = (id: string, body?: unknown): Promise<Task> =>
  call(`api/tasks/${encodeURIComponent(id)}/retry`, taskSchema, { method: 'POST', body });

type RetryActionsProps = { readonly task: Task; readonly onChange: (task: Task) => void };

/** Offers to run a task again that has failed or was cancelled: as it is, or with another input. */
export function RetryActions({ task, onChange }: RetryActionsProps) {
  if (!isLost(task) || isBulkAction(task)) return null;
  const hasSubtasks = (task.subtaskCount ?? 0) > 0;
  return (
    <>
      <ConfirmedAction
        label="Retry"
        question="Run this task again?"
        act={async () => {
          const queued = await retry(task.id);
          announce('The task is queued again.');
          // Of a subtask the answer is the task at the top.
          onChange(queued.id === task.id ? queued : task);
        }}
      >
        <p>It gets as many attempts as it was first given. What its handler did before is done again.</p>
        {hasSubtasks && <p>Its subtasks that have succeeded are kept; the others run again.</p>}
        {task.parentId !== undefined && <p>All that it is a subtask of combines anew.</p>}
      </ConfirmedAction>
      {!isOfOwnType(task) && (
        <a class="button" href={hrefOf({ page: 'retry', id: task.id })}>
          Retry with another input
        </a>
      )}
    </>
  );
}

type RetrySubtasksProps = {
  readonly task: TaskSummary;
  /** The subtasks that are to run again; all that have not succeeded, where none is chosen. */
  readonly chosen: ReadonlySet<string>;
  readonly onRetry: () => void;
};

/** Offers to run subtasks of a task again that have not succeeded, once it has ended. */
export function RetrySubtasks({ task, chosen, onRetry }: RetrySubtasksProps) {
  const isChosen = chosen.size > 0;
  return (
    <ConfirmedAction
      label={isChosen ? `Retry the chosen ${chosen.size === 1 ? 'one' : chosen.size}` : 'Retry the failed ones'}
      question={isChosen ? 'Run the chosen subtasks again?' : 'Run the failed subtasks again?'}
      act={async () => {
        await retry(task.id, { subtasks: isChosen ? [...chosen] : 'failed' });
        announce(isChosen ? 'The chosen subtasks run again.' : 'The failed subtasks run again.');
        onRetry();
      }}
    >
      <p>
        {isChosen
          ? 'The others stay as they are'
          : 'Those that were cancelled run again, too. What has succeeded is kept'}
        , and the task combines anew.
      </p>
    </ConfirmedAction>
  );
}

type RetrySubtaskProps = { readonly task: TaskSummary; readonly onRetry: () => void };

/** Offers to run one subtask again, by itself. */
export const RetrySubtask = ({ task, onRetry }: RetrySubtaskProps) => (
  <ConfirmedAction
    label="Retry"
    of={`subtask ${task.id}`}
    question="Run this subtask again?"
    act={async () => {
      await retry(task.id);
      announce('The subtask runs again.');
      onRetry();
    }}
  >
    <p>The other subtasks stay as they are, and the task combines anew.</p>
  </ConfirmedAction>
);

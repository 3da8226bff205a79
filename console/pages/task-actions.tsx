import { call, remove } from '../api/call.ts';
import { isFinished, isOfOwnType, type Task, taskSchema } from '../api/task.ts';
import { hrefOf } from '../model/route.ts';
import { announce } from '../parts/announcement.tsx';
import { ConfirmedAction } from '../parts/confirmed-action.tsx';
import { RetryActions } from './retry-actions.tsx';

type TaskActionsProps = { readonly task: Task; readonly onChange: (task: Task) => void };

/** Offers what can be done with a task, as its status allows. */
export function TaskActions({ task, onChange }: TaskActionsProps) {
  const cancel = async (): Promise<void> => {
    const changed = await call(`api/tasks/${encodeURIComponent(task.id)}/cancel`, taskSchema, { method: 'POST' });
    announce(changed.status === 'cancelled' ? 'The task is cancelled.' : 'The attempt is asked to end.');
    onChange(changed);
  };
  return (
    <>
      {!isOfOwnType(task) && (
        <a class="button" href={hrefOf({ page: 'submit', type: task.type, copyOf: task.id })}>
          Submit a copy
        </a>
      )}
      <RetryActions task={task} onChange={onChange} />
      {isFinished(task) && task.parentId === undefined && <Delete task={task} />}
      {!isFinished(task) && task.cancelRequestedAt === undefined && (
        <ConfirmedAction label="Cancel the task" isDangerous question="Cancel this task?" act={cancel}>
          <p>
            {task.status === 'running'
              ? 'The attempt under way is asked to end, and none follows. What it has done so far stays done.'
              : 'It will not run. It can be retried later.'}
          </p>
        </ConfirmedAction>
      )}
    </>
  );
}

function Delete({ task }: { task: Task }) {
  const act = async (): Promise<void> => {
    await remove(`api/tasks/${encodeURIComponent(task.id)}`);
    announce('The task is deleted.');
    location.hash = hrefOf({ page: 'tasks', filter: {} });
  };
  return (
    <ConfirmedAction label="Delete" isDangerous question="Delete this task for good?" act={act}>
      <p>
        Its input, its output and all else that is kept of it go, and its subtasks with it. It cannot be put back; what
        was counted of it stays counted.
      </p>
    </ConfirmedAction>
  );
}

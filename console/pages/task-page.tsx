import { isOfOwnType, type Task } from '../api/task.ts';
import { hrefOf } from '../model/route.ts';
import { StatusBadge } from '../parts/elements.tsx';
import { JsonBlock } from '../parts/json-block.tsx';
import { LiveContent } from '../parts/live-content.tsx';
import { PageHeading } from '../parts/page-heading.tsx';
import { useTask } from '../parts/task.ts';
import { TaskError } from '../parts/task-error.tsx';
import { FormerInputs } from './former-inputs.tsx';
import { SubtaskTree } from './subtask-tree.tsx';
import { TaskActions } from './task-actions.tsx';
import { TaskFacts } from './task-facts.tsx';
import { TaskLife } from './task-life.tsx';
import { TaskLog } from './task-log.tsx';

/** Shows everything that the API tells of one task. */
export function TaskPage({ id }: { id: string }) {
  const live = useTask(id);
  const task = live.data;
  const change = (changed: Task): void => {
    live.put(changed);
    live.refresh();
  };
  return (
    <>
      <a class="back" href={hrefOf({ page: 'tasks', filter: {} })}>
        ← Tasks
      </a>
      <PageHeading title={task?.type ?? 'Task'} tabTitle={task === undefined ? id : `${task.type}, ${task.status}`}>
        {task !== undefined && <TaskActions task={task} onChange={change} />}
      </PageHeading>
      <LiveContent live={live}>{(found) => <TaskDetail task={found} onRetry={live.refresh} />}</LiveContent>
    </>
  );
}

const TaskDetail = ({ task, onRetry }: { task: Task; onRetry: () => void }) => (
  <div class="task with-aside">
    <section class="card">
      <div class="card-heading" role="status">
        <StatusBadge status={task.status} />
        <code>{task.id}</code>
      </div>
      {task.progress !== undefined && <TaskProgress progress={task.progress} />}
      {task.error !== undefined && (
        <TaskError error={task.error}>{task.status === 'queued' && 'The last attempt failed: '}</TaskError>
      )}
      <TaskLife task={task} />
    </section>
    <TaskFacts task={task} />
    <SubtaskTree task={task} onRetry={onRetry} />
    <TaskLog task={task} />
    <JsonBlock title="Input" value={task.input} />
    {task.output !== undefined && <JsonBlock title="Output" value={task.output} />}
    {!isOfOwnType(task) && task.attempt > 0 && <FormerInputs task={task} />}
  </div>
);

const TaskProgress = ({ progress: { fraction, note } }: { progress: NonNullable<Task['progress']> }) => (
  <div class="progress">
    <progress value={fraction} max={1} aria-label="Progress of the attempt" />
    <span>
      {Math.round(fraction * 100)} %
      {note !== undefined && (
        <>
          {' · '}
          <bdi>{note}</bdi>
        </>
      )}
    </span>
  </div>
);

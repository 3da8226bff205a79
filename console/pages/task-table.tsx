import { isFinished, type TaskSummary } from '../api/task.ts';
import { duration, timeOf } from '../model/format.ts';
import { hrefOf } from '../model/route.ts';
import { now } from '../parts/live.ts';
import { StatusBadge } from '../parts/status-badge.tsx';
import { Ago } from '../parts/time.tsx';
import { TypeName } from '../parts/type-name.tsx';

/** Tasks as rows; a narrow screen shows only what they are, how they are and since when. */
export const TaskTable = ({ tasks, caption }: { tasks: readonly TaskSummary[]; caption: string }) => (
  <div class="card table-card">
    <table class="tasks">
      <caption class="unseen">{caption}</caption>
      <thead>
        <tr>
          <th scope="col">Task</th>
          <th scope="col">Status</th>
          <th scope="col" class="wide">
            Priority
          </th>
          <th scope="col" class="wide number">
            Attempt
          </th>
          <th scope="col" class="number">
            Created
          </th>
          <th scope="col" class="wide number">
            Ran for
          </th>
        </tr>
      </thead>
      <tbody>
        {tasks.map((task) => (
          <tr key={task.id}>
            <th scope="row">
              <a href={hrefOf({ page: 'task', id: task.id })}>
                <TypeName type={task.type} />
                <code>{task.id}</code>
              </a>
              {task.error !== undefined && <span class="error-code">{task.error.code}</span>}
            </th>
            <td>
              <StatusBadge status={task.status} />
            </td>
            <td class="wide">{task.priority}</td>
            <td class="wide number">
              {task.attempt} of {task.maxAttempts}
            </td>
            <td class="number">
              <Ago at={task.createdAt} />
            </td>
            <td class="wide number">
              <RanFor task={task} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);

/** How long the latest attempt took, or takes already. */
function RanFor({ task }: { task: TaskSummary }) {
  const startedAt = timeOf(task.startedAt);
  const endedAt = timeOf(task.finishedAt) ?? (task.status === 'running' ? now.value : undefined);
  if (startedAt === undefined || endedAt === undefined) return <span class="muted">–</span>;
  return <span class={isFinished(task) ? '' : 'muted'}>{duration(endedAt - startedAt)}</span>;
}

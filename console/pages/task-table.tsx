import { isFinished, type TaskSummary } from '../api/task.ts';
import { duration, timeOf } from '../model/format.ts';
import { hrefOf } from '../model/route.ts';
import { Ago, StatusBadge, TypeName } from '../parts/elements.tsx';
import { now } from '../parts/live.ts';
import { type Column, TableCard } from '../parts/table-card.tsx';

const COLUMNS: readonly Column<TaskSummary>[] = [
  {
    head: 'Task',
    cell: ({ id, type, error }) => (
      <>
        <a href={hrefOf({ page: 'task', id })}>
          <TypeName type={type} />
          <code>{id}</code>
        </a>
        {error !== undefined && <span class="error-code">{error.code}</span>}
      </>
    ),
  },
  { head: 'Status', cell: ({ status }) => <StatusBadge status={status} /> },
  { head: 'Priority', class: 'wide', cell: ({ priority }) => priority },
  { head: 'Attempt', class: 'wide number', cell: ({ attempt, maxAttempts }) => `${attempt} of ${maxAttempts}` },
  { head: 'Created', class: 'number', cell: ({ createdAt }) => <Ago at={createdAt} /> },
  { head: 'Ran for', class: 'wide number', cell: (task) => <RanFor task={task} /> },
];

/** Shows tasks as rows; a narrow screen shows only what they are, how they are and since when. */
export const TaskTable = ({ tasks, caption }: { tasks: readonly TaskSummary[]; caption: string }) => (
  <TableCard class="tasks" caption={caption} isCaptionUnseen columns={COLUMNS} rows={tasks} keyOf={({ id }) => id} />
);

/** Says how long the latest attempt took, or takes already. */
function RanFor({ task }: { task: TaskSummary }) {
  const startedAt = timeOf(task.startedAt);
  const endedAt = timeOf(task.finishedAt) ?? (task.status === 'running' ? now.value : undefined);
  if (startedAt === undefined || endedAt === undefined) return <span class="muted">–</span>;
  return <span class={isFinished(task) ? '' : 'muted'}>{duration(endedAt - startedAt)}</span>;
}

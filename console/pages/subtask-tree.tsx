import { useState } from 'preact/hooks';
import { call } from '../api/call.ts';
import { isFinished, type TaskSummary, taskPageSchema } from '../api/task.ts';
import { counted } from '../model/format.ts';
import { hrefOf, queryOf } from '../model/route.ts';
import { StatusBadge } from '../parts/elements.tsx';
import { GrowingPages, type OnMore, ShowMore } from '../parts/growing-pages.tsx';
import { useLive } from '../parts/live.ts';
import { LiveContent } from '../parts/live-content.tsx';
import { RetrySubtask, RetrySubtasks } from './retry-actions.tsx';

const REFRESH_SECONDS = 5;
const PAGE_SIZE = 50;

/** Shows the subtasks of a task, and theirs, each loaded when it is opened; nothing where there are none. */
export function SubtaskTree({ task, onRetry }: TreeProps) {
  const subtasks = task.subtaskCount ?? 0;
  if (subtasks === 0) return null;
  return (
    <section class="card">
      <div class="card-heading">
        <h2>{counted(subtasks, 'subtask')}</h2>
        <div class="actions">
          <RetrySubtasks task={task} onRetry={onRetry} />
        </div>
      </div>
      <Subtasks parent={task} onRetry={onRetry} />
    </section>
  );
}

/** `onRetry` is called when the task at the top has something of it run again. */
type TreeProps = { readonly task: TaskSummary; readonly onRetry: () => void };

const Subtasks = ({ parent, onRetry }: { parent: TaskSummary; onRetry: () => void }) => (
  <ul class="tree">
    <GrowingPages>
      {(cursor, onMore) => <SubtaskPage parent={parent} cursor={cursor} onRetry={onRetry} onMore={onMore} />}
    </GrowingPages>
  </ul>
);

type SubtaskPageProps = {
  readonly parent: TaskSummary;
  readonly cursor: string;
  readonly onRetry: () => void;
  readonly onMore: OnMore;
};

function SubtaskPage({ parent, cursor, onRetry, onMore }: SubtaskPageProps) {
  const path = `api/tasks/${encodeURIComponent(parent.id)}/subtasks${queryOf({ limit: PAGE_SIZE, cursor })}`;
  const live = useLive(
    `${path} ${isFinished(parent)}`,
    (signal) => call(path, taskPageSchema, { signal }),
    ({ items }) => (items.every(isFinished) ? 0 : REFRESH_SECONDS),
  );
  return (
    <LiveContent live={live}>
      {({ items, nextCursor }) => (
        <>
          {items.map((item) => (
            <Subtask key={item.id} task={item} onRetry={onRetry} />
          ))}
          {items.length === 0 && nextCursor === null && <li class="muted">They cannot be read any more.</li>}
          <ShowMore next={nextCursor} onMore={onMore} />
        </>
      )}
    </LiveContent>
  );
}

function Subtask({ task, onRetry }: TreeProps) {
  const [isOpen, setOpen] = useState(false);
  const parts = task.subtaskCount ?? 0;
  return (
    <li>
      <div class="branch">
        <StatusBadge status={task.status} />
        <a href={hrefOf({ page: 'task', id: task.id })}>
          {task.type} <code>{task.id}</code>
        </a>
        {task.error !== undefined && <span class="error-code">{task.error.code}</span>}
        {parts > 0 && (
          <button type="button" class="quiet" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            {isOpen ? 'Hide' : 'Show'} {counted(parts, 'subtask')}
          </button>
        )}
        <RetrySubtask task={task} onRetry={onRetry} />
      </div>
      {isOpen && <Subtasks parent={task} onRetry={onRetry} />}
    </li>
  );
}

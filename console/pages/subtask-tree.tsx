import { useState } from 'preact/hooks';
import { call } from '../api/call.ts';
import { isFinished, type TaskSummary, taskPageSchema } from '../api/task.ts';
import { counted } from '../model/format.ts';
import { hrefOf, queryOf } from '../model/route.ts';
import { StatusBadge } from '../parts/elements.tsx';
import { useLive } from '../parts/live.ts';
import { LiveContent } from '../parts/live-content.tsx';

const REFRESH_SECONDS = 5;
const PAGE_SIZE = 50;

/** Shows the subtasks of a task, and theirs, each loaded when it is opened; nothing where there are none. */
export function SubtaskTree({ task }: { task: TaskSummary }) {
  const subtasks = task.subtaskCount ?? 0;
  if (subtasks === 0) return null;
  return (
    <section class="card">
      <h2>{counted(subtasks, 'subtask')}</h2>
      <Subtasks parent={task} />
    </section>
  );
}

function Subtasks({ parent }: { parent: TaskSummary }) {
  const [cursors, setCursors] = useState<readonly string[]>(['']);
  return (
    <ul class="tree">
      {cursors.map((cursor, index) => (
        <SubtaskPage
          key={cursor}
          parent={parent}
          cursor={cursor}
          onMore={index === cursors.length - 1 ? (next) => setCursors([...cursors, next]) : undefined}
        />
      ))}
    </ul>
  );
}

type SubtaskPageProps = {
  readonly parent: TaskSummary;
  readonly cursor: string;
  /** Asks for the page behind this one. */
  readonly onMore: ((next: string) => void) | undefined;
};

function SubtaskPage({ parent, cursor, onMore }: SubtaskPageProps) {
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
            <Subtask key={item.id} task={item} />
          ))}
          {items.length === 0 && nextCursor === null && <li class="muted">They cannot be read any more.</li>}
          {nextCursor !== null && onMore !== undefined && (
            <li>
              <button type="button" onClick={() => onMore(nextCursor)}>
                Show more
              </button>
            </li>
          )}
        </>
      )}
    </LiveContent>
  );
}

function Subtask({ task }: { task: TaskSummary }) {
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
      </div>
      {isOpen && <Subtasks parent={task} />}
    </li>
  );
}

import { useEffect, useState } from 'preact/hooks';
import { call } from '../api/call.ts';
import { isFinished, isLost, type TaskSummary, taskPageSchema } from '../api/task.ts';
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
export function SubtaskTree({ task, onRetry }: { task: TaskSummary; onRetry: () => void }) {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [lostPages, setLostPages] = useState<Readonly<Record<string, boolean>>>({});
  const subtasks = task.subtaskCount ?? 0;
  if (subtasks === 0) return null;
  // One that has succeeded may have failed ones all the same: it is told as they come to be known.
  const hasLost = task.status !== 'succeeded' || Object.values(lostPages).some(Boolean);
  const retried = (): void => {
    setChosen(new Set());
    onRetry();
  };
  const choose = (id: string, isChosen: boolean): void =>
    setChosen(new Set([...chosen].filter((one) => one !== id).concat(isChosen ? id : [])));
  return (
    <section class="card">
      <div class="card-heading">
        <h2>{counted(subtasks, 'subtask')}</h2>
        {isFinished(task) && hasLost && (
          <div class="actions">
            <RetrySubtasks task={task} chosen={chosen} onRetry={retried} />
          </div>
        )}
      </div>
      {isFinished(task) && hasLost && <p class="muted">Choose some of them to run these alone again.</p>}
      <Subtasks
        parent={task}
        choice={{ chosen, choose }}
        onRetry={isFinished(task) ? retried : undefined}
        onPage={(cursor, isAnyLost) => setLostPages((pages) => ({ ...pages, [cursor]: isAnyLost }))}
      />
    </section>
  );
}

type Choice = {
  readonly chosen: ReadonlySet<string>;
  readonly choose: (id: string, isChosen: boolean) => void;
};

type SubtasksProps = {
  readonly parent: TaskSummary;
  /** Which of them are chosen to run again; those of subtasks are not to be. */
  readonly choice?: Choice | undefined;
  /** Is called when something of the task at the top runs again; missing while nothing can. */
  readonly onRetry: (() => void) | undefined;
  /** Is told of each page whether one of it has ended without an output. */
  readonly onPage?: (cursor: string, isAnyLost: boolean) => void;
};

const Subtasks = (props: SubtasksProps) => (
  <GrowingPages>{(cursor, onMore) => <SubtaskPage {...props} cursor={cursor} onMore={onMore} />}</GrowingPages>
);

type SubtaskPageProps = SubtasksProps & { readonly cursor: string; readonly onMore: OnMore };

function SubtaskPage({ parent, choice, onRetry, onPage, cursor, onMore }: SubtaskPageProps) {
  const path = `api/tasks/${encodeURIComponent(parent.id)}/subtasks${queryOf({ limit: PAGE_SIZE, cursor })}`;
  const live = useLive(
    `${path} ${isFinished(parent)}`,
    (signal) => call(path, taskPageSchema, { signal }),
    ({ items }) => (items.every(isFinished) ? 0 : REFRESH_SECONDS),
    path,
  );
  const isAnyLost = live.data?.items.some(isLost) ?? false;
  useEffect(() => onPage?.(cursor, isAnyLost), [isAnyLost]);
  return (
    <LiveContent live={live}>
      {({ items, nextCursor }) => (
        <>
          {items.length > 0 && (
            <ul class="tree">
              {items.map((item) => (
                <Subtask key={item.id} task={item} choice={choice} onRetry={onRetry} />
              ))}
            </ul>
          )}
          {items.length === 0 && nextCursor === null && <p class="muted">They cannot be read any more.</p>}
          <ShowMore next={nextCursor} onMore={onMore} />
        </>
      )}
    </LiveContent>
  );
}

type SubtaskProps = Pick<SubtasksProps, 'choice' | 'onRetry'> & { readonly task: TaskSummary };

function Subtask({ task, choice, onRetry }: SubtaskProps) {
  const [isOpen, setOpen] = useState(false);
  const parts = task.subtaskCount ?? 0;
  const mayRetry = onRetry !== undefined && isLost(task);
  return (
    <li>
      <div class="branch">
        {mayRetry && choice !== undefined && (
          <input
            type="checkbox"
            aria-label={`Choose subtask ${task.id}`}
            checked={choice.chosen.has(task.id)}
            onChange={(event) => choice.choose(task.id, event.currentTarget.checked)}
          />
        )}
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
        {mayRetry && choice === undefined && <RetrySubtask task={task} onRetry={onRetry} />}
      </div>
      {isOpen && <Subtasks parent={task} onRetry={onRetry} />}
    </li>
  );
}

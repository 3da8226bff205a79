import { useState } from 'preact/hooks';
import { type LogLine, logPageSchema } from '../api/attempt.ts';
import { call } from '../api/call.ts';
import { isFinished, type TaskSummary } from '../api/task.ts';
import { moment, momentOfLine, timeOf } from '../model/format.ts';
import { queryOf } from '../model/route.ts';
import { GrowingPages, type OnMore, ShowMore } from '../parts/growing-pages.tsx';
import { useLive } from '../parts/live.ts';
import { LiveContent } from '../parts/live-content.tsx';

const REFRESH_SECONDS = 5;
const PAGE_SIZE = 100;

/** Lines come some seconds after they were written: after a task has ended its log is read once more. */
const LATE_SECONDS = 10;

/** Shows what was logged about a task, once that is asked for: CloudWatch takes few such questions a second. */
export function TaskLog({ task }: { task: TaskSummary }) {
  const [isOpen, setOpen] = useState(false);
  if (task.attempt === 0) return null;
  return (
    <section class="card">
      <div class="card-heading">
        <h2>Log</h2>
        <button type="button" class="quiet" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? 'Hide the log' : 'Show the log'}
        </button>
      </div>
      {isOpen && <Lines key={task.id} task={task} />}
    </section>
  );
}

const Lines = ({ task }: { task: TaskSummary }) => (
  <div class="log">
    <GrowingPages>{(cursor, onMore) => <LogPage task={task} cursor={cursor} onMore={onMore} />}</GrowingPages>
  </div>
);

type LogPageProps = { readonly task: TaskSummary; readonly cursor: string; readonly onMore: OnMore };

function LogPage({ task, cursor, onMore }: LogPageProps) {
  const path = `api/tasks/${encodeURIComponent(task.id)}/logs${queryOf({ limit: PAGE_SIZE, cursor })}`;
  const endedAt = timeOf(task.finishedAt);
  const isOver = (): boolean => isFinished(task) && Date.now() - (endedAt ?? 0) > LATE_SECONDS * 1000;
  const live = useLive(
    `${path} ${task.status} ${task.attempt}`,
    (signal) => call(path, logPageSchema, { signal }),
    // A page that others follow is as it is.
    ({ nextCursor }) => (nextCursor !== null || isOver() ? 0 : REFRESH_SECONDS),
    path,
  );
  return (
    <LiveContent live={live}>
      {({ items, nextCursor }) => (
        <>
          {items.length > 0 && (
            <ol>
              {items.map((line, place) => (
                <Line key={place} line={line} />
              ))}
            </ol>
          )}
          {items.length === 0 && nextCursor !== null && <p class="muted">Nothing so far: there may be later lines.</p>}
          {items.length === 0 && nextCursor === null && cursor === '' && (
            <p class="muted">
              Nothing is there. Lines come some seconds after they were written, and are kept for some days.
            </p>
          )}
          <ShowMore next={nextCursor} onMore={onMore} />
        </>
      )}
    </LiveContent>
  );
}

const Line = ({ line: { time, level, message, attempt, fields } }: { line: LogLine }) => (
  <li class={`level-${level}`}>
    <time dateTime={time} title={moment(timeOf(time) ?? 0)}>
      {momentOfLine(timeOf(time) ?? 0, Date.now())}
    </time>
    <span class="level">{level}</span>
    {attempt !== undefined && <span class="muted">attempt {attempt}</span>}
    <bdi class="message">{message}</bdi>
    {fields !== undefined && <code>{JSON.stringify(fields)}</code>}
  </li>
);

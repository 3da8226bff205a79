import { useEffect, useState } from 'preact/hooks';
import { call } from '../api/call.ts';
import { type TaskPage, taskPageSchema } from '../api/task.ts';
import { hrefOf, queryOf, type TaskFilter } from '../model/route.ts';
import { Empty } from '../parts/elements.tsx';
import { useLive } from '../parts/live.ts';
import { LiveContent } from '../parts/live-content.tsx';
import { PageHeading } from '../parts/page-heading.tsx';
import { TaskFilters } from './task-filters.tsx';
import { TaskTable } from './task-table.tsx';

const REFRESH_SECONDS = 5;

/** Shows the tasks of the tenant, newest first, narrowed by a filter, a page at a time. */
export function TasksPage({ filter }: { filter: TaskFilter }) {
  const filterQuery = queryOf(filter);
  const [trail, setTrail] = useState<{ filterQuery: string; cursors: readonly string[] }>({ filterQuery, cursors: [] });
  // A cursor belongs to its filter.
  const cursors = trail.filterQuery === filterQuery ? trail.cursors : [];
  const path = `api/tasks${queryOf({ ...filter, limit: 25, cursor: cursors.at(-1) })}`;
  const page = useLive(path, (signal) => call(path, taskPageSchema, { signal }), REFRESH_SECONDS);
  const turnTo = (next: readonly string[]): void => setTrail({ filterQuery, cursors: next });
  const turnToNext = (next: string) => () => turnTo([...cursors, next]);
  useEffect(() => window.scrollTo(0, 0), [path]);
  return (
    <>
      <PageHeading title="Tasks">
        <a class="button primary" href={hrefOf({ page: 'submit', type: filter.type })}>
          Submit a task
        </a>
      </PageHeading>
      <TaskFilters filter={filter} />
      <LiveContent live={page}>
        {(data) => (
          <>
            {data.items.length > 0 ? (
              <TaskTable tasks={data.items} caption="Tasks, newest first" />
            ) : (
              <NoTasks
                isFiltered={filterQuery !== ''}
                isFirst={cursors.length === 0}
                onLookOn={data.nextCursor === null ? undefined : turnToNext(data.nextCursor)}
              />
            )}
            <Pages cursors={cursors} next={data.nextCursor} onTurn={turnTo} />
          </>
        )}
      </LiveContent>
    </>
  );
}

type NoTasksProps = {
  readonly isFiltered: boolean;
  readonly isFirst: boolean;
  /** Turns to the next page, where there is one. */
  readonly onLookOn: (() => void) | undefined;
};

/** Says that a page without tasks need not be the last: the API looks through so many tasks for a page, whether they match or not. */
function NoTasks({ isFiltered, isFirst, onLookOn }: NoTasksProps) {
  if (onLookOn !== undefined)
    return (
      <Empty title="No match so far: older tasks may match.">
        <button type="button" class="primary" onClick={onLookOn}>
          Look on
        </button>
      </Empty>
    );
  if (!isFirst) return <Empty title="There are no more tasks." />;
  return isFiltered ? (
    <Empty title="No task matches.">
      <a href={hrefOf({ page: 'tasks', filter: {} })}>Show all tasks</a>
    </Empty>
  ) : (
    <Empty title="There are no tasks yet.">
      <a href={hrefOf({ page: 'submit' })}>Submit the first</a>
    </Empty>
  );
}

type PagesProps = {
  /** The pages that led here had these cursors; the first has none. */
  readonly cursors: readonly string[];
  readonly next: TaskPage['nextCursor'];
  readonly onTurn: (cursors: readonly string[]) => void;
};

/** Leads through the pages. The API gives no count of them, and no way back but the cursors that led here. */
function Pages({ cursors, next, onTurn }: PagesProps) {
  if (cursors.length === 0 && next === null) return null;
  return (
    <nav class="pages" aria-label="Pages of the list">
      <button type="button" disabled={cursors.length === 0} onClick={() => onTurn(cursors.slice(0, -1))}>
        ← Newer
      </button>
      <span class="muted">Page {cursors.length + 1}</span>
      <button type="button" disabled={next === null} onClick={() => next !== null && onTurn([...cursors, next])}>
        Older →
      </button>
    </nav>
  );
}

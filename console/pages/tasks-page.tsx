import { call } from '../api/call.ts';
import { taskPageSchema } from '../api/task.ts';
import { BulkButtons } from '../bulk/bulk-button.tsx';
import { hrefOf, queryOf, type TaskFilter } from '../model/route.ts';
import { Empty } from '../parts/elements.tsx';
import { useLive } from '../parts/live.ts';
import { LiveContent } from '../parts/live-content.tsx';
import { PageHeading } from '../parts/page-heading.tsx';
import { Pages, usePaging } from '../parts/pages.tsx';
import { TaskFilters } from './task-filters.tsx';
import { TaskTable } from './task-table.tsx';

const REFRESH_SECONDS = 5;

/** Shows the tasks of the tenant, newest first, narrowed by a filter, a page at a time. */
export function TasksPage({ filter }: { filter: TaskFilter }) {
  const filterQuery = queryOf(filter);
  const paging = usePaging(filterQuery);
  const path = `api/tasks${queryOf({ ...filter, limit: 25, cursor: paging.cursor })}`;
  const page = useLive(path, (signal) => call(path, taskPageSchema, { signal }), REFRESH_SECONDS);
  const turnToNext = (next: string) => () => paging.turnTo([...paging.cursors, next]);
  return (
    <>
      <PageHeading title="Tasks">
        <BulkButtons filter={filter} />
        <a class="button" href={hrefOf({ page: 'bulk-actions' })}>
          Bulk actions
        </a>
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
                isFirst={paging.cursor === undefined}
                onLookOn={data.nextCursor === null ? undefined : turnToNext(data.nextCursor)}
              />
            )}
            <Pages paging={paging} next={data.nextCursor} before="Newer" behind="Older" />
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

import { call } from '../api/call.ts';
import { taskPageSchema } from '../api/task.ts';
import { BulkButtons } from '../bulk/bulk-button.tsx';
import { hrefOf, queryOf, type TaskFilter } from '../model/route.ts';
import { Empty } from '../parts/elements.tsx';
import { useLive } from '../parts/live.ts';
import { LiveContent } from '../parts/live-content.tsx';
import { PageHeading } from '../parts/page-heading.tsx';
import { EmptyPage, Pages, usePaging } from '../parts/pages.tsx';
import { CountTasks } from './count-tasks.tsx';
import { TaskFilters } from './task-filters.tsx';
import { TaskTable } from './task-table.tsx';

const REFRESH_SECONDS = 5;

/** Shows the tasks of the tenant, newest first, narrowed by a filter, a page at a time. */
export function TasksPage({ filter }: { filter: TaskFilter }) {
  const filterQuery = queryOf(filter);
  const paging = usePaging(filterQuery);
  const path = `api/tasks${queryOf({ ...filter, limit: 25, cursor: paging.cursor })}`;
  const page = useLive(path, (signal) => call(path, taskPageSchema, { signal }), REFRESH_SECONDS);
  return (
    <>
      <PageHeading title="Tasks">
        <a class="button" href={hrefOf({ page: 'bulk-actions' })}>
          Bulk actions
        </a>
        <a class="button primary" href={hrefOf({ page: 'submit', type: filter.type })}>
          Submit a task
        </a>
      </PageHeading>
      <TaskFilters filter={filter} />
      <div class="list-tools">
        <CountTasks key={filterQuery} filter={filter} />
        <div class="actions">
          <BulkButtons filter={filter} />
        </div>
      </div>
      <LiveContent live={page}>
        {(data) => (
          <>
            {data.items.length > 0 ? (
              <TaskTable tasks={data.items} caption="Tasks, newest first" />
            ) : (
              <EmptyPage
                paging={paging}
                next={data.nextCursor}
                noun="task"
                isFiltered={filterQuery !== ''}
                all={hrefOf({ page: 'tasks', filter: {} })}
              >
                <Empty title="There are no tasks yet.">
                  <a href={hrefOf({ page: 'submit' })}>Submit the first</a>
                </Empty>
              </EmptyPage>
            )}
            <Pages paging={paging} next={data.nextCursor} before="Newer" behind="Older" />
          </>
        )}
      </LiveContent>
    </>
  );
}

import { useState } from 'preact/hooks';
import { call } from '../api/call.ts';
import { ApiFailure } from '../api/problem.ts';
import { STATUSES, type TaskCount, taskCountSchema } from '../api/task.ts';
import { counted, countText } from '../model/format.ts';
import { hrefOf, queryOf, type TaskFilter } from '../model/route.ts';
import { Ago } from '../parts/elements.tsx';
import { FailureNotice } from '../parts/failure-notice.tsx';

type Counting = {
  readonly isBusy: boolean;
  readonly count?: TaskCount;
  readonly at?: string;
  readonly failure?: ApiFailure;
};

/** Counts the tasks of a list once that is asked for: the API looks at each of them for it. */
export function CountTasks({ filter }: { filter: TaskFilter }) {
  const [{ isBusy, count, at, failure }, setCounting] = useState<Counting>({ isBusy: false });
  const look = async (): Promise<void> => {
    if (isBusy) return;
    setCounting({ isBusy: true });
    try {
      const found = await call(`api/tasks/count${queryOf(filter)}`, taskCountSchema);
      setCounting({ isBusy: false, count: found, at: new Date().toISOString() });
    } catch (error) {
      if (!(error instanceof ApiFailure)) throw error;
      setCounting({ isBusy: false, failure: error });
    }
  };
  return (
    <div class="count">
      <button type="button" aria-disabled={isBusy} onClick={look}>
        {isBusy ? 'Counting…' : count === undefined ? 'Count them' : 'Count again'}
      </button>
      {failure !== undefined && <FailureNotice failure={failure} />}
      <p role="status">
        {count !== undefined && <CountSentence count={count} filter={filter} />}
        {at !== undefined && (
          <span class="muted">
            {' '}
            <Ago at={at} />
          </span>
        )}
      </p>
    </div>
  );
}

/** Says how many there are, and of each status: these lead to the list of it. */
function CountSentence({ count: { total, byStatus, isExact }, filter }: { count: TaskCount; filter: TaskFilter }) {
  const parts = STATUSES.flatMap((status) => {
    const tasks = byStatus[status] ?? 0;
    return tasks === 0 ? [] : [{ status, tasks }];
  });
  return (
    <>
      <strong>
        {isExact ? '' : 'At least '}
        {counted(total, 'task')}
      </strong>
      {filter.status === undefined &&
        parts.map(({ status, tasks }, place) => (
          <span key={status}>
            {place === 0 ? ': ' : ', '}
            <a href={hrefOf({ page: 'tasks', filter: { ...filter, status } })}>
              {countText(tasks)} {status}
            </a>
          </span>
        ))}
    </>
  );
}

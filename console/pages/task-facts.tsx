import { isBulkAction, isOfOwnType, type Task } from '../api/task.ts';
import { duration } from '../model/format.ts';
import { isCombined } from '../model/life.ts';
import { hrefOf } from '../model/route.ts';
import { Fact } from '../parts/elements.tsx';

/** Shows what a task is, beside its life and its payloads. */
export const TaskFacts = ({ task }: { task: Task }) => (
  <section class="card aside">
    <h2>Facts</h2>
    <dl class="facts">
      <Fact name="Type">
        {isOfOwnType(task) ? task.type : <a href={hrefOf({ page: 'type', type: task.type })}>{task.type}</a>}
      </Fact>
      <Fact name="Priority">{task.priority}</Fact>
      <Fact name="Attempts">
        {task.attempt} of {task.maxAttempts}
        {isCombined(task) && <span class="muted">, the last to combine its subtasks</span>}
      </Fact>
      {task.timeoutSeconds !== undefined && (
        <Fact name="An attempt may take">{duration(task.timeoutSeconds * 1000)}</Fact>
      )}
      {isBulkAction(task) ? (
        <Fact name="Carries out">
          <a href={hrefOf({ page: 'bulk-action', id: task.id })}>a bulk action</a>
        </Fact>
      ) : (
        <Fact name="Lane">
          <a href={hrefOf({ page: 'lane', name: task.executorKey.replaceAll('/', '-') })}>{task.executorKey}</a>
        </Fact>
      )}
      <Fact name="Tenant">{task.tenantId}</Fact>
      {task.assignee !== undefined && (
        <Fact name={isOfOwnType(task) ? 'Tells' : 'Assignee'}>
          <a href={isOfOwnType(task) ? toldBy(task.assignee) : tasksOf(filterOf(task.assignee))}>
            {task.assignee.type} {task.assignee.id}
          </a>
        </Fact>
      )}
      {task.onEnd !== undefined && (
        <Fact name="Its end is told to">
          <bdi>{task.onEnd.url}</bdi> <a href={tasksOf(filterOf({ type: 'task', id: task.id }))}>Deliveries</a>
        </Fact>
      )}
      {task.workflowInstanceId !== undefined && (
        <Fact name="Workflow">
          <a href={tasksOf({ workflowInstanceId: task.workflowInstanceId })}>{task.workflowInstanceId}</a>
        </Fact>
      )}
      {task.tags !== undefined && (
        <Fact name="Tags">
          <ul class="tags">
            {task.tags.map((tag) => (
              <li key={tag}>
                <a href={tasksOf({ tag })}>{tag}</a>
              </li>
            ))}
          </ul>
        </Fact>
      )}
      {task.parentId !== undefined && (
        <Fact name="Part of">
          <a href={hrefOf({ page: 'task', id: task.parentId })}>
            <code>{task.parentId}</code>
          </a>
        </Fact>
      )}
      <Fact name="Trace">
        {task.traceId === undefined ? <span class="muted">not traced</span> : <code>{task.traceId}</code>}
      </Fact>
    </dl>
  </section>
);

type Assignee = NonNullable<Task['assignee']>;

const filterOf = ({ type, id }: Assignee) => ({ assigneeType: type, assigneeId: id });

/** A delivery is assigned to the webhook that it is for, or to the task whose end it tells. */
const toldBy = ({ type, id }: Assignee): string => hrefOf({ page: type === 'webhook' ? 'webhook' : 'task', id });

const tasksOf = (filter: Record<string, string>): string => hrefOf({ page: 'tasks', filter });

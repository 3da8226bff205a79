import { useEffect, useState } from 'preact/hooks';
import { STATUSES } from '../api/task.ts';
import { isSame } from '../form/json-value.ts';
import { FILTER_LABELS, FILTERS, hrefOf, type TaskFilter } from '../model/route.ts';
import { typeNames, useDefinitions } from '../parts/deployment.ts';
import { ChoiceFilter, TextFilter, TimeFilter } from '../parts/filters.tsx';
import { goTo, replaceRoute } from '../parts/navigation.ts';

/** The longest that the API takes, and an id with room for a mistake. */
const LONGEST = { id: 64, errorCode: 64, assigneeType: 64, assigneeId: 128, workflowInstanceId: 128, tag: 64 } as const;

/** These are out of sight until they are asked for. */
const MORE = ['tag', 'errorCode', 'createdFrom', 'createdTo', 'assigneeId', 'workflowInstanceId'] as const;

/** Narrows the task list, or opens the one that an id names. A choice holds at once, a text when it is left or entered. */
export function TaskFilters({ filter }: { filter: TaskFilter }) {
  const { data } = useDefinitions();
  const types = data === undefined ? [] : typeNames(data);
  const hasMore = MORE.some((name) => filter[name] !== undefined);
  const [isOpen, setOpen] = useState(hasMore);
  useEffect(() => {
    if (hasMore) setOpen(true);
  }, [hasMore]);
  const apply = (change: Partial<Record<keyof TaskFilter, string>>): void =>
    replaceRoute({ page: 'tasks', filter: given({ ...filter, ...change }) });
  const text = (name: 'tag' | 'errorCode' | 'workflowInstanceId') => (
    <TextFilter
      label={FILTER_LABELS[name]}
      value={filter[name]}
      maxLength={LONGEST[name]}
      onChange={(value) => apply({ [name]: value })}
    />
  );
  const time = (name: 'createdFrom' | 'createdTo') => (
    <TimeFilter label={FILTER_LABELS[name]} value={filter[name]} onChange={(value) => apply({ [name]: value })} />
  );
  return (
    <search aria-label="Narrow the list">
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        <ChoiceFilter
          label={FILTER_LABELS.status}
          value={filter.status}
          options={STATUSES}
          onChange={(status) => apply({ status })}
        />
        <ChoiceFilter
          label={FILTER_LABELS.type}
          value={filter.type}
          options={types}
          onChange={(type) => apply({ type })}
        />
        <TextFilter label="Id" value="" maxLength={LONGEST.id} onChange={openTask} />
        <details class="more-filters" open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
          <summary>More filters</summary>
          <div>
            {text('tag')}
            {text('errorCode')}
            {time('createdFrom')}
            {time('createdTo')}
            <AssigneeFilter filter={filter} onChange={apply} />
            {text('workflowInstanceId')}
          </div>
        </details>
        {Object.keys(filter).length > 0 && (
          <a class="button quiet" href={hrefOf({ page: 'tasks', filter: {} })}>
            Clear
          </a>
        )}
      </form>
    </search>
  );
}

type Assignee = Pick<TaskFilter, 'assigneeType' | 'assigneeId'>;
type AssigneeFilterProps = { readonly filter: Assignee; readonly onChange: (assignee: Assignee) => void };

const NOBODY = { assigneeType: '', assigneeId: '' };

/** Asks for an assignee by type and id together: half of one narrows nothing yet, and stays until the rest is there. */
function AssigneeFilter({ filter: { assigneeType = '', assigneeId = '' }, onChange }: AssigneeFilterProps) {
  const held = { assigneeType, assigneeId };
  const [draft, setDraft] = useState({ held, written: held });
  const written = isSame(draft.held, held) ? draft.written : held;
  const write = (change: Assignee): void => {
    const next = { ...written, ...change };
    const isWhole = next.assigneeType !== '' && next.assigneeId !== '';
    setDraft({ held: isWhole ? next : NOBODY, written: next });
    onChange(isWhole ? next : NOBODY);
  };
  return (
    <>
      {(['assigneeType', 'assigneeId'] as const).map((name) => (
        <TextFilter
          key={name}
          label={FILTER_LABELS[name]}
          value={written[name]}
          maxLength={LONGEST[name]}
          onChange={(value) => write({ [name]: value })}
        />
      ))}
    </>
  );
}

function openTask(id: string): void {
  if (id !== '') goTo({ page: 'task', id });
}

const given = (filter: TaskFilter): TaskFilter =>
  Object.fromEntries(FILTERS.flatMap((name) => (filter[name] ? [[name, filter[name]]] : [])));

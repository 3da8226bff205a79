import { useState } from 'preact/hooks';
import { STATUSES } from '../api/task.ts';
import { fieldTime, timeOfField } from '../model/format.ts';
import { FILTERS, hrefOf, type TaskFilter } from '../model/route.ts';
import { typeNames, useDefinitions } from '../parts/deployment.ts';
import { goTo, replaceRoute } from '../parts/navigation.ts';

/** The longest that the API takes, and an id with room for a mistake. */
const LONGEST = { id: 64, errorCode: 64, assigneeType: 64, assigneeId: 128, workflowInstanceId: 128, tag: 64 } as const;

/** These are out of sight until they are asked for. */
const MORE = ['tag', 'errorCode', 'createdFrom', 'createdTo', 'assigneeId', 'workflowInstanceId'] as const;

/** Narrows the task list, or opens the one that an id names. A choice holds at once, a text when it is left or entered. */
export function TaskFilters({ filter }: { filter: TaskFilter }) {
  const { data } = useDefinitions();
  const types = data === undefined ? [] : typeNames(data);
  // An assignee is asked for by type and id together, so half of one narrows nothing yet.
  const [assignee, setAssignee] = useState({ type: filter.assigneeType ?? '', id: filter.assigneeId ?? '' });
  const apply = (change: Partial<Record<keyof TaskFilter, string>>): void =>
    replaceRoute({ page: 'tasks', filter: given({ ...filter, ...change }) });
  const assign = (next: { type: string; id: string }): void => {
    setAssignee(next);
    const isWhole = next.type !== '' && next.id !== '';
    apply(isWhole ? { assigneeType: next.type, assigneeId: next.id } : { assigneeType: '', assigneeId: '' });
  };
  const isNarrowed = Object.keys(filter).length > 0;
  return (
    <search aria-label="Narrow the list">
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        <Choice label="Status" value={filter.status} options={STATUSES} onChange={(status) => apply({ status })} />
        <Choice label="Type" value={filter.type} options={types} onChange={(type) => apply({ type })} />
        <Text label="Id" name="id" value="" onChange={openTask} />
        <details class="more-filters" open={MORE.some((name) => filter[name] !== undefined)}>
          <summary>More</summary>
          <Text label="Tag" name="tag" value={filter.tag ?? ''} onChange={(tag) => apply({ tag })} />
          <Text
            label="Error code"
            name="errorCode"
            value={filter.errorCode ?? ''}
            onChange={(errorCode) => apply({ errorCode })}
          />
          <Time label="Created from" value={filter.createdFrom} onChange={(createdFrom) => apply({ createdFrom })} />
          <Time label="Created before" value={filter.createdTo} onChange={(createdTo) => apply({ createdTo })} />
          <Text
            label="Assignee type"
            name="assigneeType"
            value={assignee.type}
            onChange={(type) => assign({ ...assignee, type })}
          />
          <Text
            label="Assignee id"
            name="assigneeId"
            value={assignee.id}
            onChange={(id) => assign({ ...assignee, id })}
          />
          <Text
            label="Workflow"
            name="workflowInstanceId"
            value={filter.workflowInstanceId ?? ''}
            onChange={(workflowInstanceId) => apply({ workflowInstanceId })}
          />
        </details>
        {isNarrowed && (
          <a
            class="button quiet"
            href={hrefOf({ page: 'tasks', filter: {} })}
            onClick={() => setAssignee({ type: '', id: '' })}
          >
            Clear
          </a>
        )}
      </form>
    </search>
  );
}

function openTask(id: string): void {
  if (id !== '') goTo({ page: 'task', id });
}

const given = (filter: TaskFilter): TaskFilter =>
  Object.fromEntries(FILTERS.flatMap((name) => (filter[name] ? [[name, filter[name]]] : [])));

type ChoiceProps = {
  readonly label: string;
  readonly value: string | undefined;
  readonly options: readonly string[];
  readonly onChange: (value: string) => void;
};

/** A value of the address that is not among the options is one all the same. */
function Choice({ label, value = '', options, onChange }: ChoiceProps) {
  const all = value === '' || options.includes(value) ? options : [...options, value];
  return (
    <label>
      {label}
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        <option value="">all</option>
        {all.map((option) => (
          <option key={option}>{option}</option>
        ))}
      </select>
    </label>
  );
}

type TimeProps = {
  readonly label: string;
  /** As the API takes it. */
  readonly value: string | undefined;
  readonly onChange: (value: string) => void;
};

/** A time by the clock of the reader. */
const Time = ({ label, value, onChange }: TimeProps) => (
  <label>
    {label}
    <input
      type="datetime-local"
      value={fieldTime(value)}
      onChange={(event) => onChange(timeOfField(event.currentTarget.value))}
    />
  </label>
);

type TextProps = {
  readonly label: string;
  readonly name: keyof typeof LONGEST;
  readonly value: string;
  readonly onChange: (value: string) => void;
};

const Text = ({ label, name, value, onChange }: TextProps) => (
  <label>
    {label}
    <input
      value={value}
      maxLength={LONGEST[name]}
      spellcheck={false}
      onChange={(event) => onChange(event.currentTarget.value.trim())}
    />
  </label>
);

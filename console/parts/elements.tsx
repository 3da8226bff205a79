import type { ComponentChildren } from 'preact';
import { fromNow, moment, timeOf } from '../model/format.ts';
import { now } from './live.ts';

/** Shows the name of a task type, which may be broken behind its dots where there is little room. */
export const TypeName = ({ type }: { type: string }) => (
  <span>
    {type.split(/(?<=\.)/).map((part) => (
      <>
        {part}
        <wbr />
      </>
    ))}
  </span>
);

/** Shows a status by word, and by the colour of a dot beside it. */
export const StatusBadge = ({ status }: { status: string }) => <span class={`badge status-${status}`}>{status}</span>;

/** Stands where there is nothing, and says why that may be and what to do. */
export const Empty = ({ title, children }: { title: string; children?: ComponentChildren }) => (
  <div class="empty">
    <strong>{title}</strong>
    {children}
  </div>
);

/** Stands for the types of a deployment that has none. */
export const NoTypes = () => (
  <Empty title="This deployment has no task types.">
    <p>Add one in tasks/, and deploy.</p>
  </Empty>
);

/** Says how long ago a time of the API is, with the date and time itself where the pointer rests. */
export function Ago({ at }: { at: string }) {
  const time = timeOf(at) ?? 0;
  return (
    <time dateTime={at} title={moment(time)}>
      {fromNow(time, now.value)}
    </time>
  );
}

/** Shows one fact, within a list of them. */
export const Fact = ({ name, children }: { name: string; children: ComponentChildren }) => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);

type TileProps = {
  readonly name: string;
  readonly value: string;
  readonly note?: string | undefined;
  /** It is shown where the pointer rests: the number itself, where that is rounded. */
  readonly title?: string;
  /** Whether someone should look. */
  readonly isBad?: boolean;
};

/** Shows one number, within a list of them. */
export const Tile = ({ name, value, note, title, isBad = false }: TileProps) => (
  <div class={isBad ? 'card tile bad' : 'card tile'}>
    <dt>{name}</dt>
    <dd title={title}>
      {value}
      {note !== undefined && <small class="muted">{note}</small>}
    </dd>
  </div>
);

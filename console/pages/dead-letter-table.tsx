import type { DeadLetters } from '../api/lane.ts';
import { hrefOf } from '../model/route.ts';
import { Ago, StatusBadge } from '../parts/elements.tsx';
import { type Column, TableCard } from '../parts/table-card.tsx';

type Letter = DeadLetters['items'][number];

const columnsFor = (lane: string): readonly Column<Letter>[] => [
  {
    head: 'Task',
    cell: (letter) => (
      <>
        <DeadTask {...letter} />
        <span class="error-code">{letter.reason.code}</span>
      </>
    ),
  },
  {
    head: 'Why it is dead',
    class: 'wide',
    cell: ({ reason }) => <p class="small">{reason.message}</p>,
  },
  { head: 'Sent', class: 'wide number', cell: ({ sentAt }) => <Ago at={sentAt} /> },
  {
    head: 'Message',
    class: 'number',
    cell: ({ messageId }) => (
      <a class="button" href={hrefOf({ page: 'letter', lane, id: messageId })}>
        Open<span class="unseen"> the message {messageId}</span>
      </a>
    ),
  },
];

/** Shows dead letters, each with the task in it, as far as it is the reader's to see, and why it is dead. */
export const DeadLetterTable = ({ lane, letters }: { lane: string; letters: readonly Letter[] }) => (
  <TableCard
    caption="Dead letters"
    isCaptionUnseen
    columns={columnsFor(lane)}
    rows={letters}
    keyOf={({ messageId, task }) => `${messageId} ${task?.id}`}
  />
);

function DeadTask({ task, tenantId }: Pick<Letter, 'task' | 'tenantId'>) {
  if (task === undefined) return <span class="muted">not yours, or not to be read</span>;
  if (tenantId !== undefined) {
    return (
      <>
        {task.type}
        <code>{task.id}</code> <span class="muted">of {tenantId}</span>
      </>
    );
  }
  return (
    <>
      <a href={hrefOf({ page: 'task', id: task.id })}>
        {task.type}
        <code>{task.id}</code>
      </a>
      {task.status !== undefined && <StatusBadge status={task.status} />}
    </>
  );
}

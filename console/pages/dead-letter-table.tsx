import type { DeadLetters } from '../api/lane.ts';
import { hrefOf } from '../model/route.ts';
import { StatusBadge } from '../parts/status-badge.tsx';
import { Ago } from '../parts/time.tsx';

/** Dead letters, each with the task in it, as far as it is the reader's to see, and why it is dead. */
export const DeadLetterTable = ({ letters }: { letters: DeadLetters['items'] }) => (
  <div class="card table-card">
    <table>
      <caption class="unseen">Dead letters</caption>
      <thead>
        <tr>
          <th scope="col">Task</th>
          <th scope="col">Reason</th>
          <th scope="col" class="wide number">
            Sent
          </th>
        </tr>
      </thead>
      <tbody>
        {letters.map(({ messageId, sentAt, reason, task }) => (
          <tr key={`${messageId} ${task?.id}`}>
            <th scope="row">
              {task === undefined ? (
                <span class="muted">not yours, or not to be read</span>
              ) : (
                <>
                  <a href={hrefOf({ page: 'task', id: task.id })}>
                    {task.type}
                    <code>{task.id}</code>
                  </a>
                  {task.status !== undefined && <StatusBadge status={task.status} />}
                </>
              )}
            </th>
            <td>
              <code>{reason.code}</code>
              <p class="small">{reason.message}</p>
            </td>
            <td class="wide number">
              <Ago at={sentAt} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);

import { useState } from 'preact/hooks';
import { type BulkCount, type BulkVerb, bulkActionSchema, bulkCountSchema } from '../api/bulk-action.ts';
import { call } from '../api/call.ts';
import { ApiFailure } from '../api/problem.ts';
import { isFinished } from '../api/task.ts';
import { counted } from '../model/format.ts';
import type { TaskFilter } from '../model/route.ts';
import { announce } from '../parts/announcement.tsx';
import { ConfirmedAction } from '../parts/confirmed-action.tsx';
import { FailureNotice } from '../parts/failure-notice.tsx';
import { goTo } from '../parts/navigation.ts';
import { PARTICIPLES } from './bulk-elements.tsx';

const PATH = 'api/bulk-actions';

/** It goes at this rate unless another is chosen. */
const USUAL_RATE = 50;

const LABELS: Readonly<Record<BulkVerb, string>> = { retry: 'Retry all', cancel: 'Cancel all', delete: 'Delete all' };

const WARNINGS: Readonly<Record<BulkVerb, string>> = {
  retry: 'What their handlers did before is done again.',
  cancel: 'Those that run are asked to end. They can be retried later.',
  delete: 'Their inputs, outputs and attempts go with them. They cannot be put back.',
};

/** Says what can be done to the tasks of a list; nothing to those of a list that is not narrowed. */
function verbsFor({ status, ...others }: TaskFilter): readonly BulkVerb[] {
  if (status === undefined) return Object.keys(others).length === 0 ? [] : ['retry', 'cancel', 'delete'];
  if (status === 'succeeded') return ['delete'];
  return isFinished({ status }) ? ['retry', 'delete'] : ['cancel'];
}

/** Offers what can be done to all tasks that a list shows, on its other pages too. */
export const BulkButtons = ({ filter }: { filter: TaskFilter }) => (
  <>
    {verbsFor(filter).map((verb) => (
      <BulkButton key={verb} verb={verb} filter={filter} />
    ))}
  </>
);

/** Shows a button that counts what it would be done to, and asks, before it is done. */
function BulkButton({ verb, filter }: { verb: BulkVerb; filter: TaskFilter }) {
  const [count, setCount] = useState<BulkCount>();
  const [failure, setFailure] = useState<ApiFailure>();
  const [rate, setRate] = useState(USUAL_RATE);
  const look = async (): Promise<void> => {
    setCount(undefined);
    setFailure(undefined);
    try {
      setCount(await call(PATH, bulkCountSchema, { method: 'POST', body: { action: verb, filter, dryRun: true } }));
    } catch (error) {
      if (!(error instanceof ApiFailure)) throw error;
      setFailure(error);
    }
  };
  const act = async (): Promise<void> => {
    const body = { action: verb, filter, ratePerSecond: rate };
    const headers = { 'idempotency-key': crypto.randomUUID() };
    const { id } = await call(PATH, bulkActionSchema, { method: 'POST', body, headers });
    announce('The bulk action has begun.');
    goTo({ page: 'bulk-action', id });
  };
  return (
    <ConfirmedAction
      label={LABELS[verb]}
      isDangerous={verb !== 'retry'}
      question={`${LABELS[verb]} that match?`}
      isReady={count !== undefined && count.counts.matched > 0}
      onOpen={() => void look()}
      act={act}
    >
      {failure !== undefined && <FailureNotice failure={failure} onRetry={() => void look()} />}
      {failure === undefined && (
        <p role="status">
          <strong>{count === undefined ? 'Counting…' : countSentence(count, verb)}</strong>
        </p>
      )}
      <p>{WARNINGS[verb]}</p>
      <label class="rate">
        Tasks a second
        <input
          type="number"
          min={1}
          step={1}
          value={rate}
          onChange={(event) => setRate(Math.max(1, Math.round(event.currentTarget.valueAsNumber || USUAL_RATE)))}
        />
      </label>
    </ConfirmedAction>
  );
}

function countSentence({ counts: { matched }, isExact }: BulkCount, verb: BulkVerb): string {
  if (matched === 0) return `No task can be ${PARTICIPLES[verb]}.`;
  return `${isExact ? '' : 'More than '}${counted(matched, 'task')} will be ${PARTICIPLES[verb]}.`;
}

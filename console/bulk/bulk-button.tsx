import { useId, useMemo, useState } from 'preact/hooks';
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
import { FilterText, PARTICIPLES } from './bulk-elements.tsx';

const PATH = 'api/bulk-actions';

/** It goes at this rate unless another is asked for, or the deployment allows less. */
const USUAL_RATE = 50;

const LABELS: Readonly<Record<BulkVerb, string>> = { retry: 'Retry all', cancel: 'Cancel all', delete: 'Delete all' };

const WARNINGS: Readonly<Record<BulkVerb, string>> = {
  retry: 'What their handlers did before is done again.',
  cancel: 'Those that run are asked to end. They can be retried later.',
  delete: 'Their inputs, outputs and attempts go with them. They cannot be put back.',
};

/** Says which tasks a verb is of where the filter names no status. */
const OF_ANY_STATUS: Readonly<Record<BulkVerb, string>> = {
  retry: 'Only those that have failed: what was cancelled was so on purpose.',
  cancel: 'Only those that have not ended.',
  delete: 'Only those that have ended.',
};

/** Says what can be done to the tasks of a list; nothing to those of a list that is not narrowed. */
function verbsFor({ status, errorCode, ...others }: TaskFilter): readonly BulkVerb[] {
  if (errorCode !== undefined) return ['retry', 'delete'];
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
  const [rate, setRate] = useState('');
  // An answer that was lost is asked for again by the same key, until something is changed.
  const idempotencyKey = useMemo(() => crypto.randomUUID(), [count, rate]);
  const rateHint = useId();
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
    const body = { action: verb, filter, ...(rate === '' ? {} : { ratePerSecond: Number(rate) }) };
    const headers = { 'idempotency-key': idempotencyKey };
    const { id } = await call(PATH, bulkActionSchema, { method: 'POST', body, headers });
    announce('The bulk action has begun.');
    goTo({ page: 'bulk-action', id });
  };
  return (
    <ConfirmedAction
      label={LABELS[verb]}
      isDangerous={verb !== 'retry'}
      question={`${LABELS[verb]} that match?`}
      isReady={count !== undefined && !isNone(count) && isRate(rate)}
      onOpen={() => void look()}
      act={act}
    >
      {failure !== undefined && <FailureNotice failure={failure} onRetry={() => void look()} />}
      {failure === undefined && (
        <p role="status">
          <strong>{count === undefined ? 'Counting…' : countSentence(count, verb)}</strong>
        </p>
      )}
      <FilterText filter={filter} />
      {filter.status === undefined && filter.errorCode === undefined && <p>{OF_ANY_STATUS[verb]}</p>}
      <p>{WARNINGS[verb]}</p>
      <label class="rate">
        Tasks a second, at most
        <input
          value={rate}
          inputMode="numeric"
          maxLength={6}
          placeholder={String(USUAL_RATE)}
          aria-invalid={!isRate(rate)}
          aria-describedby={rateHint}
          onInput={(event) => setRate(event.currentTarget.value.trim())}
        />
      </label>
      <p id={rateHint} class={isRate(rate) ? 'small' : 'small error'}>
        {isRate(rate)
          ? `${USUAL_RATE} if none is given, or less where the deployment allows no more.`
          : 'A whole number from 1 on, or nothing.'}
      </p>
    </ConfirmedAction>
  );
}

const isRate = (text: string): boolean => text === '' || /^[1-9]\d*$/.test(text);

const isNone = ({ counts: { matched }, isExact }: BulkCount): boolean => matched === 0 && isExact;

function countSentence(count: BulkCount, verb: BulkVerb): string {
  if (isNone(count)) return `No task can be ${PARTICIPLES[verb]}.`;
  return `${count.isExact ? '' : 'At least '}${counted(count.counts.matched, 'task')} will be ${PARTICIPLES[verb]}.`;
}

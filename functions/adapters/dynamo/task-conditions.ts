import type { LeaseToken } from '../../core/task/ids.ts';
import type { TaskSeed } from '../../core/task/task.ts';
import { all, any, atMost, type Condition, equals, lessThan, missing, oneOf } from './requests/condition.ts';
import { n, s } from './requests/row.ts';

/** The task is due, or abandoned by an executor whose lease has run out, and was asked for by the same submit. */
export const claimable = ({ fingerprint, maxAttempts }: TaskSeed, now: number): Condition =>
  all(
    equals('fingerprint', s(fingerprint)),
    any(
      all(equals('status', s('queued')), any(missing('notBefore'), atMost('notBefore', n(now)))),
      all(equals('status', s('scheduled')), atMost('runAt', n(now))),
      all(
        equals('status', s('running')),
        atMost('leaseExpiresAt', n(now)),
        lessThan('attempt', n(maxAttempts)),
        missing('cancelRequestedAt'),
      ),
    ),
  );

/** No executor has claimed the task, or none that has not given it back. */
export const unclaimed: Condition = oneOf('status', [s('scheduled'), s('queued')]);

/** An executor has the task under this lease. */
export const leased = (leaseToken: LeaseToken): Condition =>
  all(equals('status', s('running')), equals('leaseToken', s(leaseToken)));

/** This attempt of the task waits for its subtasks. */
export const waiting = (attempt: number): Condition =>
  all(equals('status', s('waiting')), equals('attempt', n(attempt)));

/** The task may be held while its type is paused: there is no row yet, or one of the same submit that nobody has claimed. */
export const holdable = ({ fingerprint }: TaskSeed): Condition =>
  any(missing('pk'), all(equals('fingerprint', s(fingerprint)), unclaimed));

/** There is no row, or one past its retention that TTL has not come to yet. */
export const insertable = (now: number): Condition => {
  const seconds = n(Math.floor(now / 1000));
  return any(missing('pk'), atMost('expiresAt', seconds), atMost('shownUntil', seconds));
};

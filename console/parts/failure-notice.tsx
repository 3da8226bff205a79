import type { ApiFailure } from '../api/problem.ts';

const TITLES: Readonly<Record<string, string>> = {
  network: 'No connection',
  unauthenticated: 'Not signed in',
  missing_scope: 'Not allowed',
  not_found: 'Not found',
  invalid_request: 'Not accepted',
  invalid_status: 'Not possible',
  idempotency_conflict: 'Key already used',
  payload_too_large: 'Too large',
  answer_too_large: 'Too large to show',
  lane_saturated: 'The lane is full',
  rate_limited: 'Too many tasks',
  unavailable: 'Not available',
  internal_error: 'Something failed',
};

const HINTS: Readonly<Record<string, string>> = {
  missing_scope: 'Sign in with a key that has this scope, or ask whoever runs this deployment for one.',
  network: 'It is tried again by itself.',
};

type FailureNoticeProps = {
  readonly failure: ApiFailure;
  readonly onRetry?: (() => void) | undefined;
  /** Whether the fields of a form say themselves what is wrong with them. */
  readonly areFieldsMarked?: boolean;
};

/** Says what failed, by which fields, and what can be done. */
export function FailureNotice({ failure, onRetry, areFieldsMarked = false }: FailureNoticeProps) {
  const hint = HINTS[failure.code];
  return (
    <div class="notice" role="alert">
      <strong>{TITLES[failure.code] ?? 'The call failed'}</strong>
      <p>
        {failure.message}
        {failure.retryAfterSeconds !== undefined && ` Try again in ${failure.retryAfterSeconds} s.`}
        {hint !== undefined && ` ${hint}`}
      </p>
      {!areFieldsMarked && failure.errors.length > 0 && (
        <ul>
          {failure.errors.map(({ field, message }) => (
            <li key={field}>
              <code>{field}</code> {message}
            </li>
          ))}
        </ul>
      )}
      {onRetry !== undefined && (
        <button type="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}

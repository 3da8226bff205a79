/** A wrong field of what was sent: a JSON pointer into its body, or the name of a parameter or header. */
export type FieldError = { readonly field: string; readonly message: string };

/** What is known of a failure. */
type Facts = {
  readonly code: string;
  readonly status?: number | undefined;
  readonly fields?: readonly FieldError[] | undefined;
  readonly retryAfterSeconds?: number | undefined;
  readonly estimatedWaitSeconds?: number | undefined;
  readonly task?: { readonly id: string } | undefined;
  readonly isPassing?: boolean;
  readonly cause?: unknown;
};

/**
 * Thrown by every call that does not bring what it was to bring. `code` is the API's own, and stable; or that of a task that failed;
 * or one of the client's: `network`, where no answer came, or half of one; `timeout`, where none came in time; `unreadable`, where it was
 * none of Millrace, or the URL is no such; `no_key`, where there was none to send; `not_finished`, where a task had not ended in time.
 */
export class MillraceError extends Error {
  override readonly name = 'MillraceError';
  readonly code: string;
  /** The status of the answer, where there was one. */
  readonly status: number | undefined;
  /** Each wrong field of what was sent. */
  readonly fields: readonly FieldError[];
  /** When to try again, where the answer says so. */
  readonly retryAfterSeconds: number | undefined;
  /** How long the task would wait in a lane that takes no more. */
  readonly estimatedWaitSeconds: number | undefined;
  /** The task that has not succeeded, where that is what is wrong. */
  readonly task: { readonly id: string } | undefined;
  /** Whether the same call may succeed later. */
  readonly isPassing: boolean;

  constructor(message: string, facts: Facts) {
    super(message, { cause: facts.cause });
    this.code = facts.code;
    this.status = facts.status;
    this.fields = facts.fields ?? [];
    this.retryAfterSeconds = facts.retryAfterSeconds;
    this.estimatedWaitSeconds = facts.estimatedWaitSeconds;
    this.task = facts.task;
    this.isPassing = facts.isPassing ?? false;
  }
}

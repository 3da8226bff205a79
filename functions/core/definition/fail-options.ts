/** How an attempt fails, beside its code and its message. */
export type FailOptions = {
  readonly retryable?: boolean;
  readonly retryAfterSeconds?: number;
  /** What it failed by, as of any `Error`: the record of the attempt has it, and what lies behind it. */
  readonly cause?: unknown;
};

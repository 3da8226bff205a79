/** How failed attempts of a task are repeated. */
export type RetryPolicy = {
  /** Attempts in all, the first included; 1 means no retry. */
  readonly maxAttempts: number;
  /** Upper bound of the delay before the second attempt; it doubles with each further one. */
  readonly baseDelaySeconds: number;
  /** The upper bound stops growing here. */
  readonly maxDelaySeconds: number;
};

export const DEFAULT_RETRY: RetryPolicy = { maxAttempts: 3, baseDelaySeconds: 2, maxDelaySeconds: 300 };

/**
 * No wait is longer than a week, whatever a failure asks for: the four waits of a task of five attempts end before its
 * input does (`PAYLOAD_SLACK_DAYS`).
 */
const LONGEST_DELAY_SECONDS = 7 * 86_400;

/**
 * Returns the whole seconds until the attempt after `attempt` (1-based): exponential backoff with full jitter, uniform
 * between 0 and `min(maxDelaySeconds, baseDelaySeconds * 2^(attempt - 1))` ("Exponential Backoff And Jitter", AWS
 * Architecture Blog, 2015). `random` is in [0, 1); `atLeastSeconds` is what the failure itself asked for.
 */
export function retryDelaySeconds(policy: RetryPolicy, attempt: number, random: number, atLeastSeconds = 0): number {
  const ceiling = Math.min(policy.maxDelaySeconds, policy.baseDelaySeconds * 2 ** (attempt - 1));
  const delay = Math.max(Math.round(random * ceiling), Math.ceil(atLeastSeconds));
  return Math.min(delay, LONGEST_DELAY_SECONDS);
}

/**
 * AWS documents how its services scale, and the default quotas of an account. Each constant names the page that it is from;
 * what is our own is in `docs/costs.md` and `functions/contract.ts`.
 */

/** The line that Lambda Insights writes to the log for each invocation ("Lambda Insights"). */
export const INSIGHTS_LOG_BYTES = 1_024;

/** So many more batches at a time an event source takes while messages are left ("Configuring scaling behavior for SQS"). */
export const MORE_POLLERS_PER_SECOND = 300 / 60;

/** New environments of one function: 1,000 each 10 s, refilled continuously ("Lambda scaling behavior"). */
export const NEW_ENVIRONMENTS_PER_SECOND = 100;
export const NEW_ENVIRONMENTS_AT_ONCE = 1_000;

/** Invocations of an account under way at a time, unless it asks for more ("Lambda quotas"). */
export const ACCOUNT_CONCURRENCY = 1_000;

/** All functions of an account together take ten times its concurrency ("Understanding Lambda function scaling"). */
export const ACCOUNT_INVOCATIONS_PER_SECOND = 10 * ACCOUNT_CONCURRENCY;

/** That Lambda leaves to the functions for which none is reserved ("Configuring reserved concurrency"). */
export const UNRESERVED_CONCURRENCY = 100;

/** Executors that an event source of SQS may be allowed ("ScalingConfig"). */
export const MOST_OF_EVENT_SOURCE = 1_000;

/** Messages of a standard queue that are received and not yet deleted ("Amazon SQS standard queue quotas"). */
export const MESSAGES_IN_FLIGHT = 120_000;

/** All HTTP APIs of an account and region, and what a pause saves up ("Amazon API Gateway quotas"). */
export const API_REQUESTS_PER_SECOND = 10_000;
export const API_BURST_REQUESTS = 5_000;

/** A new on-demand table, and each of its indexes ("DynamoDB on-demand capacity mode"). */
export const NEW_TABLE_WRITE_UNITS = 4_000;

/**
 * Twice an earlier peak is served at once, and more than that may be throttled within the same 30 minutes ("DynamoDB
 * on-demand capacity mode", "Initial throughput and scaling properties").
 */
export const GROWTH_OVER_PEAK = 2;
export const GROWTH_SECONDS = 30 * 60;

/** An on-demand table, unless its account asks for more ("Quotas in Amazon DynamoDB"). */
export const TABLE_WRITE_UNITS = 40_000;

/**
 * Provisioned capacity that is not used is saved up for so long ("Using burst capacity effectively"). Auto scaling raises it
 * once more than its target was used for so many minutes ("Managing throughput capacity automatically with DynamoDB auto scaling").
 */
export const CAPACITY_BURST_SECONDS = 300;
export const CAPACITY_GROWTH_MINUTES = 2;

/** One partition, so one key of an index ("Best practices for designing and using partition keys effectively"). */
export const PARTITION_WRITE_UNITS = 1_000;

/** What AWS documents of its services, and a deployment pays for whatever comes. Each constant names the page that it is from. */

/** Metrics of each function that Lambda Insights has ("Lambda Insights"). */
export const INSIGHTS_METRICS = 8;

/** Alarms that target tracking makes: one to grow, one to shrink ("Target tracking scaling policies"). */
export const SCALING_ALARMS = 2;

/**
 * An event source of a standard queue begins with five batches at a time, takes up to 300 more each minute while messages
 * are left, and goes back to five: to fewer only where it has no `MaximumConcurrency` ("Configuring scaling behavior for
 * SQS event source mappings").
 */
export const POLLERS_AT_FIRST = 5;

/**
 * An empty queue is asked by long polling, of 20 s at most ("Amazon SQS standard queue quotas"). Where an event source has a
 * window and little comes, Lambda may gather as long as that, however short the window ("Configuring an SQS event source").
 */
export const LONG_POLL_SECONDS = 20;

/**
 * Alarms that auto scaling makes of the writes, and of the reads, of a table or an index: on what is used of the target and on
 * what is provisioned, each high and low ("Using the AWS CLI to manage DynamoDB auto scaling").
 */
export const CAPACITY_ALARMS = 4;

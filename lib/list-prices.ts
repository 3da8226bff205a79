/**
 * List prices of us-east-1 in US dollars, from the pricing page of each service; free tiers and discounts are left out. A
 * million of something unless its name says otherwise. The dashboard, the planner and `docs/costs.md` reckon by them.
 */
export const LIST_PRICES = {
  /** "Amazon API Gateway pricing", HTTP APIs. */
  apiRequests: 1,
  /** "AWS Lambda Pricing", arm64; environments that are kept initialized by the GB and second. */
  invocations: 0.2,
  gigabyteSecond: 0.0000133334,
  provisionedGigabyteSecond: 0.0000033334,
  /** "Amazon SQS pricing": requests of 64 KB to standard queues, and what a message group adds. */
  queueRequests: 0.4,
  fairQueueRequests: 0.1,
  /**
   * "Amazon DynamoDB pricing", on demand; provisioned capacity by the unit and hour; what is kept, with the backup of the last
   * 35 days.
   */
  writeUnits: 0.625,
  readUnits: 0.125,
  writeCapacityHour: 0.00065,
  readCapacityHour: 0.00013,
  storedGigabyteMonth: 0.25 + 0.2,
  /** "AWS X-Ray pricing". */
  traces: 5,
  /**
   * "Amazon CloudWatch Pricing": logs as they come in; by the month, a metric of our own, a metric that an alarm looks at,
   * and a dashboard (the free ones have 50 metrics at most).
   */
  loggedGigabyte: 0.5,
  metricMonth: 0.3,
  alarmMetricMonth: 0.1,
  dashboardMonth: 3,
  /** "Amazon EventBridge pricing", custom events. */
  events: 1,
} as const;

/** What nobody documents and we have not measured on AWS: each can be seen in the bill, and is shown with the plan. */
export const COST_ASSUMPTIONS = {
  /** Of the router for one submit, and what each further task of it adds. */
  routerMilliseconds: 20,
  routerMillisecondsPerTask: 1,
  /** Of a function that reads a stream, and of the authorizer, for one call. */
  readerMilliseconds: 50,
  /** Of the governor and of the sweeper, for a run in which there is little to do. */
  governorMilliseconds: 1_000,
  sweeperMilliseconds: 500,
  /**
   * Lines of the log with the 26 bytes that CloudWatch adds to each. Lambda's own two of an invocation (`platform.start` and
   * `platform.report`), and ours: of a submit, of an executor's invocation and of each attempt in it; and
   * that of API Gateway, of a request.
   */
  logBytes: { platform: 600, submit: 330, invocation: 1_370, attempt: 320, short: 150, access: 300 },
  /** A lane in the governor's snapshot. */
  snapshotBytesPerLane: 315,
  /** A finished row with its entries in indexes, and what DynamoDB adds to each. */
  storedBytesPerTask: 1_300,
} as const;

/** Nobody documents these, and we have not measured them on AWS: each can be seen in the bill, and is shown with the plan. */
export const COST_ASSUMPTIONS = {
  /** The router's time for one submit, and for each further task of it. */
  routerMilliseconds: 20,
  routerMillisecondsPerTask: 1,
  /** The waiter's time for one read of a task, beside the wait. */
  readMilliseconds: 30,
  /** What claims and settlements add to an executor's invocation. */
  attemptMilliseconds: 15,
  /** The time of a function that reads a stream, or of the authorizer, for one call. */
  readerMilliseconds: 50,
  /** The time of the governor and of the sweeper for a run in which there is little to do. */
  governorMilliseconds: 1_000,
  sweeperMilliseconds: 500,
  /**
   * Lines of the log with the 26 bytes that CloudWatch adds to each. Lambda's own two of an invocation (`platform.start` and
   * `platform.report`), and ours: the part of a submit, and of an executor's invocation, in the metrics that are gathered over
   * many; those of a batch of changes, and of each task in it; the lines of a request and of an attempt that went well; and that
   * of API Gateway, of a request.
   */
  logBytes: {
    platform: 600,
    submit: 4,
    requestLine: 200,
    invocation: 6.5,
    batch: 800,
    task: 17,
    attemptLine: 290,
    short: 150,
    access: 300,
  },
  /** A lane in the governor's snapshot. */
  snapshotBytesPerLane: 315,
  /** A finished row of a task with hardly any input or output, with its entries in indexes, and what DynamoDB adds to each. */
  storedBytesPerTask: 870,
} as const;

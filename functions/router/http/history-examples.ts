/** Shows what is told of what happened to a task, by the `operationId`; `at` is a time. */
export const historyExamples = (at: string) => ({
  listAttempts: {
    items: [
      {
        number: 1,
        outcome: 'retried',
        startedAt: at,
        endedAt: at,
        executorKey: 'default/normal/0',
        error: {
          code: 'handler_error',
          message: 'TypeError: fetch failed; cause: connect ECONNREFUSED',
          retryable: true,
          class: 'TypeError',
          causes: [{ class: 'Error', code: 'ECONNREFUSED', message: 'connect ECONNREFUSED 192.0.2.1:443' }],
          stack: 'at tasks/charge.ts:12:9',
        },
        progress: { fraction: 0.5 },
      },
      { number: 2, outcome: 'succeeded', startedAt: at, endedAt: at, executorKey: 'default/normal/0' },
    ],
  },
  listTaskLogs: {
    items: [{ time: at, level: 'info', message: 'charged', attempt: 2, fields: { amount: 3 } }],
    nextCursor: null,
  },
});

import { once } from '../../core/concurrency.ts';
import { bulkActionAnswers, bulkActionBodies } from '../bulk-actions/bulk-action-examples.ts';
import { historyExamples } from './history-examples.ts';

const AT = '2026-11-28T09:30:00.000Z';

const summary = {
  id: '01KB59FY21NP7H6QB49KRATWQ0-0',
  tenantId: 'acme',
  type: 'markdown.render',
  priority: 'normal',
  status: 'succeeded',
  attempt: 1,
  maxAttempts: 3,
  timeoutSeconds: 10,
  executorKey: 'default/normal/0',
  queueName: 'millrace-default-normal-0',
  createdAt: AT,
  startedAt: '2026-11-28T09:30:00.120Z',
  finishedAt: '2026-11-28T09:30:00.180Z',
  traceId: '1-6b04c28d-e8be8acc27b5c47405b6f5a2',
};
const { startedAt: _, finishedAt: _finished, ...accepted } = { ...summary, status: 'queued', attempt: 0 };
const input = { markdown: '# Hello' };
const task = { ...summary, input, output: { html: '<h1>Hello</h1>\n' } };
const page = { items: [summary], nextCursor: null };

const lane = {
  name: 'default-normal-0',
  resourceClass: 'default',
  kind: 'normal',
  priority: 'normal',
  depth: 120,
  inFlight: 20,
  deadLetters: 0,
  maxConcurrency: 2,
  estimatedWaitSeconds: 3.5,
  worstWaitSeconds: 3.5,
  admission: 'open',
};

const MESSAGE_ID = '5fea7756-0ea4-451a-a703-a558b933e274';

/** Shows a message of a lane as an executor reads it. */
const message = {
  v: 1,
  tasks: [
    {
      id: summary.id,
      tenantId: summary.tenantId,
      type: summary.type,
      resourceClass: 'default',
      priority: summary.priority,
      executorKey: summary.executorKey,
      maxAttempts: summary.maxAttempts,
      timeoutSeconds: summary.timeoutSeconds,
      input: { inline: input },
      fingerprint: '-',
      createdAt: Date.parse(AT),
    },
  ],
};

const unseen = { hasMore: false, isMoreLeft: false };

const counts = {
  accepted: 1000,
  started: 1003,
  succeeded: 998,
  failed: 2,
  cancelled: 0,
  retried: 3,
  reopened: 0,
  waitMilliseconds: { p50: 120, p95: 480, p99: 900 },
  runMilliseconds: { p50: 60, p95: 110, p99: 240 },
  cost: { usd: 0.0093, computeUsd: 0.0011 },
};

const { input: _input, nextTimes: _times, lastTaskStatus: _status, ...scheduleSummary } = schedule();

/** Shows a schedule that has fired this morning. */
function schedule() {
  return {
    id: '01KB59FY2QG4S8ZC0T5RN1XW3E-0',
    tenantId: 'acme',
    name: 'greetings',
    type: 'markdown.render',
    cron: '30 6 * * MON-FRI',
    timezone: 'Europe/Berlin',
    overlap: 'skip',
    missed: 'latest',
    paused: false,
    source: 'api',
    createdAt: AT,
    nextTime: '2026-12-01T05:30:00.000Z',
    last: { time: '2026-11-30T05:30:00.000Z', at: '2026-11-30T05:30:21.000Z', outcome: 'fired' },
    lastTaskId: summary.id,
    skipped: 0,
    input,
    nextTimes: ['2026-12-01T05:30:00.000Z', '2026-12-02T05:30:00.000Z'],
    lastTaskStatus: 'succeeded',
  };
}

const definition = {
  type: 'markdown.render',
  description: 'Makes HTML of Markdown.',
  resources: 'default',
  priority: 'normal',
  timeoutSeconds: 10,
  retry: { maxAttempts: 3, baseDelaySeconds: 2, maxDelaySeconds: 300 },
  paused: false,
  settings: {},
  inputSchema: { type: 'object', properties: { markdown: { type: 'string' } }, required: ['markdown'] },
};

const key = {
  id: '3f1c9a7e5d20',
  tenantId: 'acme',
  name: 'nightly import',
  scopes: ['submit', 'read'],
  ratePerSecond: 50,
  createdAt: AT,
  isCaller: false,
};

const webhook = {
  id: 'wh_01KB59FY2QG4S8ZC0T5RN1XW3E',
  tenantId: 'acme',
  name: 'shop',
  url: 'https://shop.example/millrace',
  types: ['markdown.render'],
  statuses: ['failed'],
  includeOutput: false,
  paused: false,
  createdAt: AT,
};

/** It is no secret of anybody's. */
const secret = 'whsec_YW4gZXhhbXBsZSwgYW5kIG5vYm9keSdz';
const rotated = { secret, previousUntil: '2026-11-29T09:30:00.000Z' };

const conflict = {
  type: 'about:blank',
  title: 'Conflict',
  status: 409,
  code: 'idempotency_conflict',
  detail: 'this Idempotency-Key belongs to another submit: task 01KB59FY21NP7H6QB49KRATWQ0-0',
};

/** Shows what the body of an operation may be, by names that say what it is for. */
type Bodies = Readonly<Record<string, unknown>>;

/** Shows the bodies that each operation takes, by its `operationId`; those of submits by the inputs that are examples of their types. */
export function bodyExamples(operationId: string, inputs: ReadonlyMap<string, unknown>): Bodies {
  const submits = [...inputs].map(([type, value]) => ({ type, input: value }));
  switch (operationId) {
    case 'submitTask':
      return Object.fromEntries(submits.map((submit) => [submit.type, submit]));
    case 'submitTasks': {
      const tasks = submits.slice(0, 2).map((submit, place) => ({ ...submit, idempotencyKey: `import-7/${place}` }));
      return tasks.length === 0 ? {} : { several: { tasks } };
    }
    case 'createSchedule': {
      const [first] = submits;
      if (first === undefined) return {};
      return {
        'by the clock': { ...first, cron: '30 6 * * MON-FRI', timezone: 'Europe/Berlin', overlap: 'skip' },
        'by a rate': { ...first, rateMinutes: 15 },
      };
    }
    case 'changeSchedule':
      return { 'other times': { cron: '0 7 * * *' }, 'no name': { name: null } };
    case 'createWebhook':
      return {
        'of what fails': { url: webhook.url, statuses: ['failed'], name: 'shop' },
        'of all, with outputs': { url: webhook.url, includeOutput: true },
      };
    case 'retryTask':
      return {
        'with another input': { input },
        'the failed subtasks': { subtasks: 'failed' },
        'some subtasks': { subtasks: [summary.id] },
      };
    case 'redriveDeadLetter':
      return { 'as it is': {}, changed: { message } };
    case 'createBulkAction':
      return bulkActionBodies;
    case 'changeDefinition':
      return { pause: { paused: true }, 'as it was deployed': { paused: null } };
    default:
      return {};
  }
}

/** Shows what each operation answers, by its `operationId`. */
export const answerExamples = once(
  (): Readonly<Record<string, unknown>> => ({
    submitTask: { ...accepted, input },
    submitTasks: {
      accepted: 1,
      rejected: 1,
      results: [
        { index: 0, status: 'accepted', task: accepted },
        { index: 1, status: 'rejected', problem: conflict },
      ],
    },
    listTasks: page,
    countTasks: {
      total: 42,
      byStatus: { scheduled: 0, queued: 3, running: 1, waiting: 0, succeeded: 30, failed: 8, cancelled: 0 },
      isExact: true,
    },
    getTask: task,
    deleteTask: { id: summary.id },
    listSubtasks: page,
    ...historyExamples(AT),
    cancelTask: { ...accepted, status: 'cancelled', finishedAt: AT, input },
    retryTask: { ...accepted, input },
    listFormerInputs: { items: [{ attempt: 3, replacedAt: AT, input }] },
    listLanes: { items: [lane] },
    listDeadLetters: {
      items: [
        {
          messageId: MESSAGE_ID,
          sentAt: AT,
          reason: { code: 'deliveries_exhausted', message: 'it was delivered 5 times, and never deleted' },
          task: { id: summary.id, type: summary.type, status: 'queued', attempt: 0 },
        },
      ],
      ...unseen,
    },
    getDeadLetter: {
      messageId: MESSAGE_ID,
      sentAt: AT,
      reason: { code: 'deliveries_exhausted', message: 'it was delivered 5 times, and never deleted' },
      tasks: [
        {
          id: summary.id,
          type: summary.type,
          tenantId: summary.tenantId,
          executorKey: summary.executorKey,
          createdAt: AT,
          status: 'queued',
          attempt: 0,
          input,
        },
      ],
      ofOthers: 0,
      message,
    },
    dropDeadLetter: { id: MESSAGE_ID, cancelled: 1 },
    redriveDeadLetter: { id: MESSAGE_ID, tasks: 1 },
    redriveLane: { messages: 1, tasks: 2, unreadable: 0, refused: 0, ofOthers: 0, ...unseen },
    getStatistics: {
      from: AT,
      to: '2026-11-28T09:31:00.000Z',
      total: counts,
      byType: [{ type: 'markdown.render', ...counts, costs: [{ minute: AT, ...counts.cost }] }],
      items: [{ minute: AT, ...counts }],
    },
    listDefinitions: { items: [definition] },
    getDefinition: definition,
    changeDefinition: { ...definition, paused: true, settings: { paused: true } },
    ...bulkActionAnswers,
    createSchedule: schedule(),
    listSchedules: { items: [scheduleSummary], nextCursor: null },
    getSchedule: schedule(),
    changeSchedule: schedule(),
    deleteSchedule: { id: scheduleSummary.id },
    pauseSchedule: { ...schedule(), paused: true, nextTimes: [] },
    resumeSchedule: schedule(),
    runSchedule: { ...accepted, input, schedule: { id: scheduleSummary.id, time: AT } },
    listAudit: {
      items: [
        {
          time: AT,
          actor: { kind: 'key', id: key.id },
          action: 'retryTask',
          resource: `tasks/${summary.id}`,
          outcome: 202,
          requestId: 'JKJaXmPLvHcESHA=',
        },
      ],
      nextCursor: null,
    },
    listKeys: { items: [key], nextCursor: null },
    revokeKey: { id: key.id },
    createWebhook: { ...webhook, secret },
    listWebhooks: { items: [webhook] },
    getWebhook: webhook,
    deleteWebhook: { id: webhook.id },
    pauseWebhook: { ...webhook, paused: true, pauseReason: 'asked', pausedAt: AT },
    resumeWebhook: webhook,
    rotateWebhookSecret: rotated,
    rotateOnEndSecret: rotated,
    getHealth: { status: 'ok' },
    getOpenapi: { openapi: '3.1.0', info: { title: 'Millrace', version: '1' }, paths: {} },
  }),
);

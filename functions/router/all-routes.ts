import * as z from 'zod';
import type { OpenRouteKey, RouteKey } from '../contract.ts';
import { listAudit } from './audit/list-audit.ts';
import { abortBulkAction } from './bulk-actions/abort-bulk-action.ts';
import { createBulkAction } from './bulk-actions/create-bulk-action.ts';
import { getBulkAction, listBulkActions } from './bulk-actions/read-bulk-actions.ts';
import { dropDeadLetter } from './dead-letters/drop-dead-letter.ts';
import { getDeadLetter } from './dead-letters/get-dead-letter.ts';
import { redriveDeadLetter } from './dead-letters/redrive-dead-letter.ts';
import { listAttempts } from './history/list-attempts.ts';
import { listTaskLogs } from './history/task-logs.ts';
import { getOpenapi } from './http/openapi.ts';
import { listKeys } from './keys/list-keys.ts';
import { revokeKey } from './keys/revoke-key.ts';
import type { OpenRoute, Route } from './route.ts';
import { cancelTask } from './routes/cancel-task.ts';
import { countTasks } from './routes/count-tasks.ts';
import { listDeadLetters, redriveLane } from './routes/dead-letters.ts';
import { changeDefinition, getDefinition, listDefinitions } from './routes/definitions.ts';
import { deleteTask } from './routes/delete-task.ts';
import { getStatistics } from './routes/get-statistics.ts';
import { getTask } from './routes/get-task.ts';
import { listFormerInputs } from './routes/list-former-inputs.ts';
import { listLanes } from './routes/list-lanes.ts';
import { listSubtasks } from './routes/list-subtasks.ts';
import { listTasks } from './routes/list-tasks.ts';
import { retryTask } from './routes/retry-task.ts';
import { submitTask } from './routes/submit-task.ts';
import { submitTasks } from './routes/submit-tasks.ts';
import { changeSchedule, deleteSchedule, pauseSchedule, resumeSchedule } from './schedules/change-schedule.ts';
import { createSchedule } from './schedules/create-schedule.ts';
import { getSchedule, listSchedules } from './schedules/read-schedules.ts';
import { runSchedule } from './schedules/run-schedule.ts';
import { deleteWebhook, pauseWebhook, resumeWebhook } from './webhooks/change-webhook.ts';
import { createWebhook } from './webhooks/create-webhook.ts';
import { getWebhook, listWebhooks } from './webhooks/read-webhooks.ts';
import { rotateOnEndSecret, rotateWebhookSecret } from './webhooks/rotate-secret.ts';

/** Holds the operations of callers with a key. */
export const routes: Record<RouteKey, Route> = {
  'POST /api/tasks': submitTask,
  'POST /api/tasks/batch': submitTasks,
  'GET /api/tasks': listTasks,
  'GET /api/tasks/count': countTasks,
  'GET /api/tasks/{id}': getTask,
  'DELETE /api/tasks/{id}': deleteTask,
  'GET /api/tasks/{id}/subtasks': listSubtasks,
  'GET /api/tasks/{id}/inputs': listFormerInputs,
  'GET /api/tasks/{id}/attempts': listAttempts,
  'GET /api/tasks/{id}/logs': listTaskLogs,
  'POST /api/tasks/{id}/cancel': cancelTask,
  'POST /api/tasks/{id}/retry': retryTask,
  'POST /api/bulk-actions': createBulkAction,
  'GET /api/bulk-actions': listBulkActions,
  'GET /api/bulk-actions/{id}': getBulkAction,
  'POST /api/bulk-actions/{id}/abort': abortBulkAction,
  'GET /api/lanes': listLanes,
  'GET /api/lanes/{name}/dead-letters': listDeadLetters,
  'GET /api/lanes/{name}/dead-letters/{id}': getDeadLetter,
  'DELETE /api/lanes/{name}/dead-letters/{id}': dropDeadLetter,
  'POST /api/lanes/{name}/dead-letters/{id}/redrive': redriveDeadLetter,
  'POST /api/lanes/{name}/redrive': redriveLane,
  'GET /api/stats': getStatistics,
  'POST /api/schedules': createSchedule,
  'GET /api/schedules': listSchedules,
  'GET /api/schedules/{id}': getSchedule,
  'PATCH /api/schedules/{id}': changeSchedule,
  'DELETE /api/schedules/{id}': deleteSchedule,
  'POST /api/schedules/{id}/pause': pauseSchedule,
  'POST /api/schedules/{id}/resume': resumeSchedule,
  'POST /api/schedules/{id}/run': runSchedule,
  'GET /api/audit': listAudit,
  'GET /api/keys': listKeys,
  'DELETE /api/keys/{id}': revokeKey,
  'POST /api/webhooks': createWebhook,
  'GET /api/webhooks': listWebhooks,
  'POST /api/webhooks/secret': rotateOnEndSecret,
  'GET /api/webhooks/{id}': getWebhook,
  'DELETE /api/webhooks/{id}': deleteWebhook,
  'POST /api/webhooks/{id}/secret': rotateWebhookSecret,
  'POST /api/webhooks/{id}/pause': pauseWebhook,
  'POST /api/webhooks/{id}/resume': resumeWebhook,
  'GET /api/definitions': listDefinitions,
  'GET /api/definitions/{type}': getDefinition,
  'PATCH /api/definitions/{type}': changeDefinition,
};

const getHealth: OpenRoute = {
  operationId: 'getHealth',
  summary: 'Ask whether the API answers',
  response: { status: 200, description: 'It does', schema: () => z.strictObject({ status: z.literal('ok') }) },
  problems: [],
  handle: async () => ({ status: 200, body: { status: 'ok' } }),
};

/** Holds the operations of everyone. */
export const openRoutes: Record<OpenRouteKey, OpenRoute> = {
  'GET /api/health': getHealth,
  'GET /api/openapi.json': getOpenapi(() => ({ routes, openRoutes })),
};

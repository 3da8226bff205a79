import * as z from 'zod';
import type { OpenRouteKey, RouteKey } from '../../contract.ts';
import { getOpenapi } from '../http/openapi.ts';
import type { OpenRoute, Route } from '../route.ts';
import { cancelTask } from './cancel-task.ts';
import { listDeadLetters, redriveLane } from './dead-letters.ts';
import { changeDefinition, getDefinition, listDefinitions } from './definitions.ts';
import { getStats } from './get-statistics.ts';
import { getTask } from './get-task.ts';
import { listLanes } from './list-lanes.ts';
import { listSubtasks } from './list-subtasks.ts';
import { listTasks } from './list-tasks.ts';
import { retryTask } from './retry-task.ts';
import { submitTask } from './submit-task.ts';
import { submitTasks } from './submit-tasks.ts';

const getHealth: OpenRoute = {
  operationId: 'getHealth',
  summary: 'Ask whether the API answers',
  response: { status: 200, description: 'It does', schema: () => z.strictObject({ status: z.literal('ok') }) },
  problems: [],
  handle: async () => ({ status: 200, body: { status: 'ok' } }),
};

/** The operations of callers with a key. */
export const routes: Record<RouteKey, Route> = {
  'POST /api/tasks': submitTask,
  'POST /api/tasks/batch': submitTasks,
  'GET /api/tasks': listTasks,
  'GET /api/tasks/{id}': getTask,
  'GET /api/tasks/{id}/subtasks': listSubtasks,
  'POST /api/tasks/{id}/cancel': cancelTask,
  'POST /api/tasks/{id}/retry': retryTask,
  'GET /api/lanes': listLanes,
  'GET /api/lanes/{name}/dead-letters': listDeadLetters,
  'POST /api/lanes/{name}/redrive': redriveLane,
  'GET /api/stats': getStats,
  'GET /api/definitions': listDefinitions,
  'GET /api/definitions/{type}': getDefinition,
  'PATCH /api/definitions/{type}': changeDefinition,
};

/** The operations of everyone. */
export const openRoutes: Record<OpenRouteKey, OpenRoute> = {
  'GET /api/health': getHealth,
  'GET /api/openapi.json': getOpenapi(() => ({ routes, openRoutes })),
};

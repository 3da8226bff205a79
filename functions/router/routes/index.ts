import type { OpenRouteKey, RouteKey } from '../../contract.ts';
import type { OpenRoute, Route } from '../route.ts';
import { cancelTask } from './cancel-task.ts';
import { changeDefinition } from './change-definition.ts';
import { getDefinition } from './get-definition.ts';
import { getHealth } from './get-health.ts';
import { getOpenapi } from './get-openapi.ts';
import { getStats } from './get-stats.ts';
import { getTask } from './get-task.ts';
import { listDeadLetters } from './list-dead-letters.ts';
import { listDefinitions } from './list-definitions.ts';
import { listLanes } from './list-lanes.ts';
import { listSubtasks } from './list-subtasks.ts';
import { listTasks } from './list-tasks.ts';
import { redriveLane } from './redrive-lane.ts';
import { retryTask } from './retry-task.ts';
import { submitTask } from './submit-task.ts';
import { submitTasks } from './submit-tasks.ts';

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

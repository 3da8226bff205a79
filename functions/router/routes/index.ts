import type { OpenRouteKey, RouteKey } from '../../contract.ts';
import type { OpenRoute, Route } from '../route.ts';
import { getHealth } from './get-health.ts';
import { getOpenapi } from './get-openapi.ts';
import { getTask } from './get-task.ts';
import { listDefinitions } from './list-definitions.ts';
import { submitTask } from './submit-task.ts';

/** The operations of callers with a key. */
export const routes: Record<RouteKey, Route> = {
  'POST /api/tasks': submitTask,
  'GET /api/tasks/{id}': getTask,
  'GET /api/definitions': listDefinitions,
};

/** The operations of everyone. */
export const openRoutes: Record<OpenRouteKey, OpenRoute> = {
  'GET /api/health': getHealth,
  'GET /api/openapi.json': getOpenapi(() => ({ routes, openRoutes })),
};

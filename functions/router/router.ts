import { answerer } from './answer.ts';
import type { RouterPorts } from './route.ts';
import { submitTask } from './routes/submit-task.ts';
import { submitTasks } from './routes/submit-tasks.ts';

/** Holds what is asked for by the thousand. A router starts in the midst of it, and loads all else when that is first asked for. */
const submits = { 'POST /api/tasks': submitTask, 'POST /api/tasks/batch': submitTasks };

/** Answers one request. Never throws: what a route throws becomes a problem document. */
export const answer = answerer<RouterPorts>(submits, () => import('./all-routes.ts'));

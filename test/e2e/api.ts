import { setTimeout as sleep } from 'node:timers/promises';
import { inject } from 'vitest';
import type { TaskView } from '../../functions/router/routes/task-view.ts';

const { url, apiKey } = inject('stack');

export type Answer = { readonly status: number; readonly headers: Headers; readonly body: Record<string, unknown> };

/** Calls the deployed API as a customer would; `key: null` sends none. */
export async function call(method: string, path: string, request: CallOptions = {}): Promise<Answer> {
  const { key = apiKey, headers = {}, body } = request;
  const response = await fetch(url + path, {
    method,
    headers: { ...(key === null ? {} : { authorization: `Bearer ${key}` }), ...headers },
    ...(body === undefined ? {} : { body }),
  });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Answer['body'] };
}

export type CallOptions = {
  readonly key?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
};

export const post = (path: string, body: unknown, request: CallOptions = {}): Promise<Answer> =>
  call('POST', path, {
    ...request,
    headers: { 'content-type': 'application/json', ...request.headers },
    body: JSON.stringify(body),
  });

/** Submits a task that has to be accepted. */
export async function submit(task: Record<string, unknown>, request: CallOptions = {}): Promise<TaskView> {
  const { status, body } = await post('/api/tasks', task, request);
  if (status !== 202) throw new Error(`the submit was answered with ${status}: ${JSON.stringify(body)}`);
  return body as TaskView;
}

/** Waits until the task is there and is `status`; throws when it ends otherwise or is not so within `seconds`. */
export async function until(id: string, status: TaskView['status'], seconds = 45, key = apiKey): Promise<TaskView> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const { body } = await call('GET', `/api/tasks/${id}`, { key });
    if (body.status === status) return body as TaskView;
    if (body.status === 'succeeded' || body.status === 'failed' || Date.now() > deadline) {
      throw new Error(`the task should be ${status}: ${JSON.stringify(body)}`);
    }
    await sleep(100);
  }
}

import type { IncomingMessage, RequestListener } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import type { BatchOutcome } from '../../../functions/core/define-task.ts';
import type { JsonValue } from '../../../functions/core/json.ts';
import { httpBulk } from '../../../tasks/http-bulk/definition.ts';
import { taskContext } from './task-context.ts';

type Input = { readonly endpoint: string; readonly record: JsonValue };

/** Makes one call for these inputs, as the executor does. */
export async function send(inputs: readonly Input[], ctx = taskContext()): Promise<readonly BatchOutcome[]> {
  const items = inputs.map((input, place) => ({ input, task: { ...ctx.task, id: `task-${place}` } }));
  return httpBulk.run(items, ctx);
}

export const linesOf = async (request: IncomingMessage): Promise<unknown[]> =>
  gunzipSync(await buffer(request))
    .toString()
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));

export const answering =
  (status: number, body: unknown = '', headers: Record<string, string> = {}): RequestListener =>
  (_, response) =>
    response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));

export const recordsFor = (endpoint: string, count: number): Input[] =>
  Array.from({ length: count }, (_, record) => ({ endpoint, record }));

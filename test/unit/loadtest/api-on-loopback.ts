import type { IncomingMessage } from 'node:http';
import { bodyOf, serve } from '../adapters/loopback-server.ts';

type Listed = {
  readonly id: string;
  readonly status: string;
  readonly executorKey: string;
  readonly createdAt: string;
};

export type LoopbackApi = {
  readonly url: string;
  /** The tasks that it has, the oldest first; what is submitted ends at once. */
  readonly tasks: Listed[];
  readonly requests: IncomingMessage[];
  /** What to do with a submit in place of accepting it at once. */
  onSubmit: (number: number) => Promise<number>;
};

/** An API on this machine that answers as Millrace's does, as far as a load test looks. */
export async function startLoopbackApi(): Promise<LoopbackApi> {
  const tasks: Listed[] = [];
  const requests: IncomingMessage[] = [];
  const { url } = await serve(async (request, response) => {
    requests.push(request);
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1');
    const answer = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (request.method === 'POST') {
      await bodyOf(request);
      const status = await api.onSubmit(submits++);
      if (status === 0) return request.socket.destroy();
      if (status !== 202) return answer(status, { code: status === 429 ? 'lane_saturated' : 'unavailable' });
      const at = new Date().toISOString();
      const task = {
        id: `t${submits}`,
        status: 'succeeded',
        executorKey: 'default/normal/0',
        createdAt: at,
        finishedAt: at,
      };
      tasks.push(task);
      return answer(202, task);
    }
    if (pathname === '/api/lanes') return answer(200, { items: [{ depth: 0, inFlight: 0 }] });
    const from = Number(searchParams.get('cursor') ?? 0);
    const limit = Number(searchParams.get('limit') ?? 25);
    const found = tasks.toReversed().filter(({ status }) => status === (searchParams.get('status') ?? status));
    return answer(200, {
      items: found.slice(from, from + limit),
      nextCursor: from + limit < found.length ? String(from + limit) : null,
    });
  });
  let submits = 0;
  const api: LoopbackApi = { url, tasks, requests, onSubmit: async () => 202 };
  return api;
}

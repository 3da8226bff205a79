import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SCOPES } from '../../functions/core/tenant/access-key.ts';
import { call, post, submit, until } from './api.ts';
import { grant } from './grant.ts';

type Told = { readonly path: string; readonly headers: IncomingHttpHeaders; readonly body: string };

const told: Told[] = [];
let status = 204;
const server = createServer(async (request, response) => {
  told.push({ path: request.url ?? '', headers: request.headers, body: (await buffer(request)).toString() });
  response.writeHead(status).end();
});
let key: string;
let url: string;
beforeAll(async () => {
  key = await grant('webhooks', SCOPES);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const markdown = { type: 'markdown.render', input: { markdown: '# Told' } };
const at = (path: string): Told[] => told.filter((one) => one.path === path);
const first = async (path: string): Promise<Told> => {
  await expect.poll(() => at(path).length, { timeout: 60_000 }).toBeGreaterThan(0);
  return at(path)[0] as Told;
};
const verified = ({ headers, body }: Told, secret: unknown) =>
  new Webhook(String(secret)).verify(body, headers as Record<string, string>) as { data: Record<string, unknown> };

it('a submit with onEnd has its end told, signed by the secret of its tenant', async () => {
  const { body: made } = await call('POST', '/api/webhooks/secret', { key });
  const onEnd = { url: `${url}/done`, includeOutput: true };
  const task = await submit({ ...markdown, onEnd }, { key });
  const one = await first('/done');
  expect(verified(one, made.secret)).toMatchObject({
    type: 'task.succeeded',
    version: 1,
    data: { id: task.id, status: 'succeeded', output: { html: expect.stringContaining('Told') } },
  });
  const { body } = await call('GET', `/api/tasks?assigneeType=task&assigneeId=${task.id}`, { key });
  expect(body.items).toMatchObject([{ id: one.headers['webhook-id'], type: 'millrace.webhook' }]);
  await until(String(one.headers['webhook-id']), 'succeeded', 45, key);
}, 90_000);

it('a webhook is told of ends by type and status, with both secrets while they rotate, and of no delivery', async () => {
  const made = await post('/api/webhooks', { url: `${url}/hook`, types: ['markdown.render'] }, { key });
  expect(made).toMatchObject({ status: 201 });
  const { body: rotated } = await call('POST', `/api/webhooks/${made.body.id}/secret`, { key });
  const task = await submit(markdown, { key });
  const one = await first('/hook');
  for (const secret of [made.body.secret, rotated.secret]) {
    expect(verified(one, secret)).toMatchObject({ type: 'task.succeeded', data: { id: task.id } });
  }
  await until(String(one.headers['webhook-id']), 'succeeded', 45, key);
  expect((await call('DELETE', `/api/webhooks/${made.body.id}`, { key })).status).toBe(200);
  await submit(markdown, { key });
  await submit({ ...markdown, onEnd: { url: `${url}/last` } }, { key });
  await first('/last');
  expect(at('/hook')).toHaveLength(1);
}, 120_000);

it('a delivery that is refused is tried again, and one whose receiver is gone says why', async () => {
  status = 500;
  await submit({ ...markdown, onEnd: { url: `${url}/down` } }, { key });
  const one = await first('/down');
  status = 200;
  const id = String(one.headers['webhook-id']);
  expect(await until(id, 'succeeded', 90, key)).toMatchObject({ attempt: 2 });
  expect(new Set(at('/down').map(({ headers }) => headers['webhook-id']))).toEqual(new Set([id]));
  status = 410;
  await submit({ ...markdown, onEnd: { url: `${url}/gone` } }, { key });
  const { headers } = await first('/gone');
  expect(await until(String(headers['webhook-id']), 'failed', 45, key)).toMatchObject({ error: { code: 'http_410' } });
}, 180_000);

it('neither a submit nor a webhook goes where the deployment calls nobody', async () => {
  const to = 'http://169.254.169.254/latest/meta-data';
  expect(await post('/api/webhooks', { url: to }, { key })).toMatchObject({
    status: 400,
    body: { errors: [{ field: '/url' }] },
  });
  expect(await post('/api/tasks', { ...markdown, onEnd: { url: to } }, { key })).toMatchObject({
    status: 400,
    body: { errors: [{ field: '/onEnd/url' }] },
  });
  expect(await post('/api/tasks', { type: 'millrace.webhook', input: {} }, { key })).toMatchObject({ status: 400 });
});

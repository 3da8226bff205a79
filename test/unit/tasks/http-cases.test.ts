import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { httpBulk } from '../../../tasks/http-bulk/definition.ts';
import { httpRequest } from '../../../tasks/http-request/definition.ts';
import answers from './http-cases/answers.json' with { type: 'json' };
import { attempt, taskContext } from './task-context.ts';

/** Starts a server that writes these very bytes, a byte for each character, to whoever asks. */
async function answering(raw: string): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(Buffer.from(raw, 'latin1')));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as { port: number }).port}/`;
}

const [latin, png, cookies, slow, found] = answers.map(({ raw }) => raw);

const asked = async (raw = '') => attempt(httpRequest, { url: await answering(raw) });

test('text of another charset', async () => {
  expect(await asked(latin)).toMatchObject({ body: 'Região grátis', encoding: 'text' });
});

test('an image', async () => {
  expect(await asked(png)).toMatchObject({ body: 'iVBORw==', encoding: 'base64' });
});

test('two cookies, with a comma in one', async () => {
  const output = await asked(cookies);
  expect(output).toMatchObject({ headers: { 'set-cookie': ['a=1; Expires=Wed, 09 Jun 2027 10:18:14 GMT', 'b=2'] } });
});

test('a wait with blanks behind it', async () => {
  await expect(asked(slow)).rejects.toMatchObject({ code: 'http_429', retryable: true, retryAfterSeconds: 20 });
});

test('a redirect that leads nowhere', async () => {
  await expect(asked(found)).rejects.toMatchObject({ code: 'http_302', retryable: false });
  const ctx = taskContext();
  const input = { endpoint: await answering(found ?? ''), record: 1 };
  expect(await httpBulk.run([{ task: ctx.task, input }], ctx)).toMatchObject([{ code: 'http_302', retryable: false }]);
});

test('blanks around a value are no part of it, and repeated headers are joined', async () => {
  const raw = 'HTTP/1.1 200 OK\r\nX-A: \t one \t\r\nX-A: two  \r\nContent-Length: 2\r\n\r\nok';
  expect(await asked(raw)).toMatchObject({ headers: { 'x-a': 'one, two' } });
});

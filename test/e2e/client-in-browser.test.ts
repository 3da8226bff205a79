import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, it, onTestFinished } from 'vitest';
import { openPage, startBrowser } from './browser.ts';

const { url, apiKey: key, pageOrigin } = inject('stack');

let browser: Browser;
let script = '';
beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, '../../entries/client.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
  });
  script = outputFiles[0]?.text ?? '';
  browser = await startBrowser();
}, 60_000);
afterAll(() => browser?.close());

/** Serves a page and the client's module at a port of this machine. */
async function servePage(port: number): Promise<string> {
  const server = createServer((request, response) => {
    const isScript = request.url === '/client.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? script : '<!doctype html><title>A page</title>');
  });
  await once(server.listen(port, 'localhost'), 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://localhost:${(server.address() as AddressInfo).port}`;
}

/** Runs a function body in a page of an origin, which has the client's module and a client. */
async function inPage(origin: string, body: string): Promise<unknown> {
  const { page } = await openPage(browser);
  onTestFinished(() => page.context().close());
  await page.goto(`${origin}/`);
  return page.evaluate(
    `(async () => {
      const { createClient, MillraceError } = await import('/client.js');
      const client = createClient({ url: '${url}', key: '${key}', deadlineSeconds: 20 });
      ${body}
    })()`,
  );
}

it('submits, waits and lists from a page of an origin that the deployment names', async () => {
  const html = await inPage(
    await servePage(Number(new URL(pageOrigin).port)),
    `const task = await client.submit('markdown.render', { markdown: '# From a page' }, { priority: 'high' });
     const { output } = await client.result(task, { timeoutSeconds: 60 });
     for await (const { id } of client.list({ type: 'markdown.render' })) if (id === task.id) return output.html;`,
  );
  expect(html).toBe('<h1>From a page</h1>\n');
}, 120_000);

it('makes, changes and deletes from such a page', async () => {
  const changed = await inPage(
    await servePage(Number(new URL(pageOrigin).port)),
    `const { id } = await client.createSchedule({ type: 'markdown.render', input: { markdown: '-' }, rateMinutes: 60 });
     const { name } = await client.changeSchedule(id, { name: 'of a page' });
     return { name, isGone: (await client.deleteSchedule(id)).id === id };`,
  );
  expect(changed).toEqual({ name: 'of a page', isGone: true });
}, 60_000);

it('tells the page of a refusal what is wrong', async () => {
  const refusal = await inPage(
    await servePage(Number(new URL(pageOrigin).port)),
    `const error = await client.submit('markdown.render', { markdown: 7 }).catch((thrown) => thrown);
     const [bulk] = await client.submitAll([{ type: 'nonsense', input: 1 }]);
     return { isOne: error instanceof MillraceError, code: error.code, field: error.fields[0].field, bulk: bulk.error.code };`,
  );
  expect(refusal).toEqual({ isOne: true, code: 'invalid_request', field: '/input/markdown', bulk: 'invalid_request' });
}, 60_000);

it('reaches nothing from a page of any other origin', async () => {
  const code = await inPage(
    await servePage(0),
    'return (await client.health({ deadlineSeconds: 2 }).catch((thrown) => thrown)).code;',
  );
  expect(code).toBe('network');
}, 60_000);

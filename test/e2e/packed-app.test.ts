import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { appOf, packed, run, teamEnvironment } from '../doubles/packed-app.ts';

const STARTED = { timeout: 180_000, interval: 500 };
const COLOURS = `import { DEFAULT_RETRY, defineTask } from 'millrace';
import * as z from 'zod';
enum Colour { Red = 'red' }
class Paint { constructor(readonly colour: Colour) {} }
export const paint = defineTask({
  type: 'paint', description: 'Paints.', resources: 'default', priority: 'normal', timeoutSeconds: 10, retry: DEFAULT_RETRY,
  input: z.strictObject({}), run: async (_, ctx) => { ctx.log('painted'); return new Paint(Colour.Red).colour; },
});
`;

let file = '';
let app = '';
beforeAll(() => {
  file = packed();
  app = appOf(file, 'paint-shop');
}, 300_000);
afterAll(() => {
  for (const directory of [dirname(file), dirname(app)]) rmSync(directory, { recursive: true, force: true });
});

type Task = { readonly id: string; readonly status: string; readonly output?: unknown };

test('an app of the packed file runs on this machine, with the types that its folder has, and ends by Ctrl-C', async () => {
  writeFileSync(join(app, 'tasks/paint.ts'), COLOURS);
  const started = spawn('npm', ['start'], {
    cwd: app,
    env: teamEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const said: string[] = [];
  for (const stream of [started.stdout, started.stderr]) stream.on('data', (chunk) => said.push(String(chunk)));
  const connection = join(app, '.millrace/local.json');
  try {
    await expect.poll(() => existsSync(connection) || started.exitCode !== null, STARTED).toBe(true);
    expect(existsSync(connection), said.join('')).toBe(true);
    const { url, apiKey } = JSON.parse(readFileSync(connection, 'utf8'));
    const call = async (path: string, body?: object): Promise<Task> => {
      const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
      const asked = body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) };
      return (await fetch(`${url}/api${path}`, asked)).json() as Promise<Task>;
    };
    for (const [body, output] of [
      [{ type: 'greet', input: { name: 'Ada' } }, { greeting: 'Hello Ada' }],
      [{ type: 'paint', input: {} }, 'red'],
    ] as const) {
      const { id } = await call('/tasks', body);
      await expect.poll(async () => (await call(`/tasks/${id}`)).status, { timeout: 30_000 }).toBe('succeeded');
      expect(await call(`/tasks/${id}`)).toMatchObject({ output });
    }
    expect(run(app, 'npm', 'run', 'logs', '--', '--local')).toMatch(/paint .*painted/);
  } finally {
    const ended = once(started, 'close');
    if (started.pid !== undefined) process.kill(-started.pid, 'SIGINT');
    await ended;
  }
  expect(existsSync(connection)).toBe(false);
}, 300_000);

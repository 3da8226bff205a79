import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { freePort, HOST } from '../../local/free-port.ts';
import { startMiniStack } from '../../local/ministack.ts';

it('of local clouds that start at the same time, each has a port and a server of its own', async () => {
  const port = await freePort([]);
  const directories = await Promise.all([1, 2, 3].map(() => mkdtemp(join(tmpdir(), 'millrace-port-'))));
  const { signal } = new AbortController();
  const servers = await Promise.all(
    directories.map((directory) => startMiniStack([port], { directory: join(directory, 'cloud'), signal })),
  );
  const answering = await Promise.all(
    servers.map(async ({ endpoint }) => (await fetch(`${endpoint}/_ministack/ready`)).headers.get('millrace-process')),
  );
  for (const server of servers) server.kill();
  await Promise.all(servers.map(({ ended }) => ended));
  await Promise.all(directories.map((directory) => rm(directory, { recursive: true, force: true })));
  expect(servers.map(({ endpoint }) => endpoint)).toContain(`http://${HOST}:${port}`);
  expect(answering).toEqual(servers.map(({ pid }) => String(pid)));
});

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from '../../local/free-port.ts';
import type { Store } from './native-peer.ts';

/** Debian's Redis, as BullMQ's guide "Going to production" has it. */
export async function startRedis(): Promise<Store> {
  const { stdout } = await promisify(execFile)('redis-server', ['--version']).catch(() => {
    throw new Error('BullMQ needs Redis: apt-get install redis-server');
  });
  const directory = await mkdtemp(join(tmpdir(), 'millrace-peers-redis-'));
  const port = await freePort([]);
  const settings = { port, bind: '127.0.0.1', dir: directory, appendonly: 'yes', appendfsync: 'everysec' };
  const args = Object.entries({ ...settings, 'maxmemory-policy': 'noeviction' }).flatMap(([name, value]) => [
    `--${name}`,
    String(value),
  ]);
  const server = spawn('redis-server', args, { stdio: 'ignore' });
  await listening(port);
  return {
    pid: server.pid ?? 0,
    url: `redis://127.0.0.1:${port}`,
    version: /v=(\S+)/.exec(stdout)?.[1] ?? '',
    stop: async () => {
      server.kill('SIGKILL');
      await once(server, 'exit');
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Waits until a server of this machine takes connections. */
async function listening(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const socket = connect({ port, host: '127.0.0.1' });
    const isThere = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isThere) return;
    await sleep(50);
  }
  throw new Error(`nothing listens on port ${port}`);
}

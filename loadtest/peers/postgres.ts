import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from '../../local/free-port.ts';
import type { Store } from './native-peer.ts';

const run = promisify(execFile);
const DEBIAN = '/usr/lib/postgresql';

/** Debian's PostgreSQL, as `initdb` sets it up. */
export async function startPostgres(): Promise<Store> {
  const binaries = await binariesDirectory();
  const { stdout } = await run(join(binaries, 'postgres'), ['--version']);
  const directory = await mkdtemp(join(tmpdir(), 'millrace-peers-postgres-'));
  const user = await unprivileged();
  if (user !== undefined) await chown(directory, user.uid, user.gid);
  const data = join(directory, 'data');
  const options = { ...user, cwd: directory };
  await run(join(binaries, 'initdb'), ['-D', data, '-U', 'postgres', '--auth', 'trust'], options);
  const port = await freePort([]);
  const server = spawn(
    join(binaries, 'postgres'),
    ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', directory],
    {
      ...options,
      stdio: 'ignore',
    },
  );
  await untilReady(binaries, port);
  return {
    pid: server.pid ?? 0,
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    version: /\d+\.\d+/.exec(stdout)?.[0] ?? '',
    stop: async () => {
      server.kill('SIGQUIT');
      await once(server, 'exit');
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Debian keeps those of each version apart; the newest is taken. */
async function binariesDirectory(): Promise<string> {
  const versions = await readdir(DEBIAN).catch(() => []);
  const newest = versions.toSorted((one, other) => Number(one) - Number(other)).at(-1);
  if (newest === undefined) throw new Error('This peer needs PostgreSQL: apt-get install postgresql');
  return join(DEBIAN, newest, 'bin');
}

/** It takes connections before it takes statements. */
async function untilReady(binaries: string, port: number): Promise<void> {
  const isReady = join(binaries, 'pg_isready');
  for (let tries = 0; ; tries++) {
    const failure = await run(isReady, ['-h', '127.0.0.1', '-p', String(port)]).then(() => undefined, String);
    if (failure === undefined) return;
    if (tries === 200) throw new Error(`PostgreSQL does not start: ${failure}`);
    await sleep(100);
  }
}

/** PostgreSQL does not run as root: then the user that its package has made takes its place. */
async function unprivileged(): Promise<{ readonly uid: number; readonly gid: number } | undefined> {
  if (userInfo().uid !== 0) return undefined;
  const idOf = async (flag: string): Promise<number> => Number((await run('id', [flag, 'postgres'])).stdout);
  return { uid: await idOf('-u'), gid: await idOf('-g') };
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { teamEnvironment } from '../doubles/packed-app.ts';

const START_SECONDS = 240;

export type StartedApp = {
  readonly awsEndpoint: string;
  /** Ends it by Ctrl-C, and waits for that. */
  stop(): Promise<void>;
};

/** Says how to reach what runs in the app of a team, while it does. */
export const connectionOf = (folder: string): string => join(folder, '.millrace/local.json');

/** Runs `npm start` in the app of a team. Throws what it says where it does not come to run. */
export async function startApp(folder: string): Promise<StartedApp> {
  const env = teamEnvironment();
  const started = spawn('npm', ['start'], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const said: string[] = [];
  for (const stream of [started.stdout, started.stderr]) stream.on('data', (chunk) => said.push(String(chunk)));
  const hasEnded = (): boolean => started.exitCode !== null || started.signalCode !== null;
  const stop = async (): Promise<void> => {
    if (hasEnded() || started.pid === undefined) return;
    const ended = once(started, 'close');
    process.kill(-started.pid, 'SIGINT');
    await ended;
  };
  for (let seconds = 0; !existsSync(connectionOf(folder)); seconds++) {
    if (hasEnded() || seconds === START_SECONDS) {
      await stop();
      throw new Error(`npm start has not come to run:\n${said.join('')}`);
    }
    await sleep(1000);
  }
  const { awsEndpoint } = JSON.parse(readFileSync(connectionOf(folder), 'utf8'));
  return { awsEndpoint, stop };
}

export type Task = {
  readonly id: string;
  readonly status: string;
  readonly attempt: number;
  readonly output?: unknown;
  readonly error?: { readonly code: string; readonly message: string };
};

/** Calls the API of a run. */
export type TeamApi = {
  submit(type: string, input: object, more?: object): Promise<Task>;
  find(id: string): Promise<Task>;
  /** Submits a task, and returns it once it has ended. */
  ended(type: string, input: object, more?: object): Promise<Task>;
};

/** Returns the API of the app, as what its run has left says. */
export function apiOf(folder: string): TeamApi {
  const { url, apiKey } = JSON.parse(readFileSync(connectionOf(folder), 'utf8'));
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
  const call = async (path: string, init: RequestInit = {}): Promise<Task> => {
    const response = await fetch(`${url}/api/tasks${path}`, { ...init, headers });
    const answer = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${answer}`);
    return JSON.parse(answer);
  };
  const api: TeamApi = {
    submit: (type, input, more) => call('', { method: 'POST', body: JSON.stringify({ type, input, ...more }) }),
    find: (taskId) => call(`/${taskId}`),
    ended: async (type, input, more) => {
      let task = await api.submit(type, input, more);
      while (!['succeeded', 'failed', 'cancelled'].includes(task.status))
        task = await call(`/${task.id}?waitSeconds=20`);
      return task;
    },
  };
  return api;
}

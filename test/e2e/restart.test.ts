import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { afterAll, expect, it } from 'vitest';
import { localTarget } from '../../local/aws-target.ts';
import { type LocalStack, startLocalStack } from '../../local/local-stack.ts';

/** The CDK makes this bucket in the local account. */
const ASSETS = 'cdk-hnb659fds-assets-000000000000-us-east-1';
/** The cloud of the other tests is never stopped, so this is another. */
const stateDirectory = await mkdtemp(join(tmpdir(), 'millrace-restart-'));
await chmod(stateDirectory, 0o755);
let running: LocalStack | undefined;
/** Whoever calls it waits until it is told to answer. */
const called: string[] = [];
let isAnswering = false;
const patient = createServer((request, response) => {
  called.push(request.url ?? '');
  if (isAnswering) response.end('done');
}).listen(0, '127.0.0.1');
await once(patient, 'listening');
const patientUrl = `http://127.0.0.1:${(patient.address() as AddressInfo).port}`;
afterAll(async () => {
  running?.kill();
  await running?.ended;
  patient.closeAllConnections();
  patient.close();
  await rm(stateDirectory, { recursive: true, force: true });
});

async function ask(stack: LocalStack, method: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const headers = { authorization: `Bearer ${stack.apiKey}`, 'content-type': 'application/json' };
  const response = await fetch(stack.url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  return (await response.json()) as Record<string, unknown>;
}

/** Returns what the statistics come to within half a minute. */
const counts = (stack: LocalStack) =>
  expect.poll(async () => (await ask(stack, 'GET', '/api/stats')).total, { timeout: 30_000 });

/** A cloud on a slow machine may take so long; the leases and messages of before would be held for a minute. */
const AT_ONCE = { timeout: 30_000 };

const leftover = await mkdtemp(join(tmpdir(), 'millrace-'));
const oldAsset = join(stateDirectory, 'cdk.out/asset.old');

/** Leaves what earlier starts and a killed one would have left. */
async function leaveOld(): Promise<void> {
  await mkdir(oldAsset);
  await writeFile(join(stateDirectory, 'cloud/scratch'), leftover);
  const bucket = join(stateDirectory, 'cloud/s3/000000000000', ASSETS);
  await writeFile(join(bucket, 'old.zip'), 'an asset that no stack has any more');
}

async function expectOnlyNew({ awsEndpoint }: LocalStack): Promise<void> {
  expect([oldAsset, leftover].filter(existsSync)).toEqual([]);
  const s3 = new S3Client({ ...localTarget(awsEndpoint).client, forcePathStyle: true });
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: ASSETS }));
  const manifests = ['data', 'execution', 'api', 'operations'].map((stack) => `cdk.out/millrace-${stack}.assets.json`);
  const named = await Promise.all(manifests.map((file) => readFile(join(stateDirectory, file), 'utf8')));
  expect(Contents.length).toBeGreaterThan(5);
  expect(Contents.filter(({ Key = '' }) => !named.join().includes(Key))).toEqual([]);
}

it('a local cloud that is started again goes on where it was: its tasks, its key, what it has counted', async () => {
  const render = { type: 'markdown.render', input: { markdown: '# hi' } };
  const first = await startLocalStack({ stateDirectory });
  running = first;
  const kept = await ask(first, 'POST', '/api/tasks', render);
  await counts(first).toMatchObject({ accepted: 1, succeeded: 1 });
  // Nobody is told of its end before the stop.
  const late = await ask(first, 'POST', '/api/tasks', render);
  expect(await first.stop()).toBe(true);

  await leaveOld();
  const again = await startLocalStack({ stateDirectory });
  running = again;
  await expectOnlyNew(again);
  expect({ url: again.url, apiKey: again.apiKey }).toEqual({ url: first.url, apiKey: first.apiKey });
  expect(await ask(again, 'GET', `/api/tasks/${kept.id}`)).toMatchObject({ status: 'succeeded' });
  await ask(again, 'POST', '/api/tasks', render);
  await counts(again).toMatchObject({ accepted: 3, succeeded: 3 });
  expect(await ask(again, 'GET', `/api/tasks/${late.id}`)).toMatchObject({ status: 'succeeded' });
}, 180_000);

it('gives back at once what was under way when it stopped, or was killed', async () => {
  const stack = running ?? (await startLocalStack({ stateDirectory }));
  running = stack;
  // They are more than an executor takes at a time: some are claimed, some only received.
  const paths = Array.from({ length: 12 }, (_, place) => `/${place}`);
  const tasks = paths.map((path) => ({
    type: 'http.request',
    timeoutSeconds: 45,
    maxAttempts: 5,
    input: { url: patientUrl + path },
  }));
  await ask(stack, 'POST', '/api/tasks/batch', { tasks });
  await expect.poll(() => called.length, AT_ONCE).toBeGreaterThanOrEqual(10);
  expect(await stack.stop()).toBe(true);

  called.length = 0;
  const killed = await startLocalStack({ stateDirectory });
  running = killed;
  // An attempt of before held its lease, and its message was hidden, for minutes.
  await expect.poll(() => called.length, AT_ONCE).toBeGreaterThanOrEqual(10);
  killed.kill();
  await killed.ended;

  called.length = 0;
  isAnswering = true;
  const again = await startLocalStack({ stateDirectory });
  running = again;
  await expect.poll(() => paths.every((path) => called.includes(path)), AT_ONCE).toBe(true);
  await expect
    .poll(async () => (await ask(again, 'GET', '/api/tasks?type=http.request&status=succeeded')).items, AT_ONCE)
    .toHaveLength(paths.length);
}, 240_000);

it('keeps its state from other users of the machine', async () => {
  expect((await stat(stateDirectory)).mode & 0o077).toBe(0);
});

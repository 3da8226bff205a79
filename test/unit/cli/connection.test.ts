import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { connectionOf } from '../../../cli/connection.ts';
import { foreignTarget, localTarget } from '../../../local/aws-target.ts';

const directory = mkdtempSync(join(tmpdir(), 'millrace-connection-'));
afterAll(() => rmSync(directory, { recursive: true }));

const file = join(directory, 'local.json');
const REAL = {
  AWS_ACCESS_KEY_ID: 'AKIA1',
  AWS_SECRET_ACCESS_KEY: 's',
  AWS_SESSION_TOKEN: 't',
  AWS_REGION: 'eu-west-1',
};
const ENDPOINT = 'http://localhost:4566';

const published = (facts: object) => writeFileSync(file, JSON.stringify({ url: ENDPOINT, apiKey: 'mr_x', ...facts }));
const local = (environment: NodeJS.ProcessEnv) => connectionOf({ isLocal: true }, environment, file);

test('the AWS of the caller is found by the SDK itself', async () => {
  expect(await connectionOf({ isLocal: false }, REAL, file)).toEqual({});
});

test('where nothing runs, it says so', async () => {
  rmSync(file, { force: true });
  await expect(local({})).rejects.toThrow(/Nothing runs here: start it with `npm start`/);
});

test('the cloud on this machine is reached as it was deployed to, and is given no real credentials', async () => {
  published({ awsEndpoint: ENDPOINT, region: 'us-east-1', credentials: 'any' });
  const { endpoint, region, credentials } = localTarget(ENDPOINT).client;
  expect(await local(REAL)).toEqual({ endpoint, region, credentials });
  expect(JSON.stringify(await local(REAL))).not.toMatch(/AKIA1/);
});

test('another endpoint is reached in the region of the run, with the credentials that the run had', async () => {
  published({ awsEndpoint: ENDPOINT, region: 'eu-west-1', credentials: 'environment' });
  const { endpoint, region, credentials } = foreignTarget(ENDPOINT, REAL).client;
  // The region of the shell that asks may be another.
  expect(await local({ ...REAL, AWS_REGION: 'us-west-2' })).toEqual({ endpoint, region, credentials });
  expect((await local({})).credentials).toEqual({ accessKeyId: 'test', secretAccessKey: 'test' });
});

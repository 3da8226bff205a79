import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { Account } from '../../../../cli/doctor/account.ts';
import { examine } from '../../../../cli/doctor/examine.ts';
import type { Finding } from '../../../../cli/doctor/finding.ts';
import { synthesizeApp } from '../../../../cli/synthesis.ts';
import { type AccountAnswers, serveAccount } from '../../../doubles/aws-endpoint.ts';

const project = await mkdtemp(join(tmpdir(), 'millrace-doctor-test-'));
afterAll(() => rm(project, { recursive: true, force: true }));

/** Writes an assembly as the CDK does: a stack, and another one in a stage, which both reserve. */
const APP = `
const { mkdirSync, writeFileSync } = require('node:fs');
const out = process.env.CDK_OUTDIR;
if (process.env.BROKEN) { console.error('configuration preset is "staging": must be "prod" or "dev"'); process.exit(1); }
const stack = (environment, stackName) => ({
  type: 'aws:cloudformation:stack', environment,
  properties: { stackName, templateFile: stackName + '.template.json', requiresBootstrapStackVersion: 6, bootstrapStackVersionSsmParameter: '/cdk-bootstrap/acme/version' },
});
const write = (directory, artifacts, templates) => {
  mkdirSync(directory, { recursive: true });
  writeFileSync(directory + '/manifest.json', JSON.stringify({ version: '36.0.0', artifacts }));
  for (const [name, reserved] of templates) {
    const own = { Type: 'AWS::Lambda::Function', Properties: { FunctionName: name, ReservedConcurrentExecutions: reserved } };
    const Resources = { One: own, Two: { Type: 'AWS::Lambda::Function', Properties: {} } };
    writeFileSync(directory + '/' + name + '.template.json', JSON.stringify({ Resources }));
  }
};
const here = 'aws://unknown-account/unknown-region';
write(out, { first: stack(here, 'first'), inner: { type: 'cdk:cloud-assembly', properties: { directoryName: 'assembly-inner' } } }, [['first', 18]]);
write(out + '/assembly-inner', { second: stack(process.env.OTHER ?? here, 'second') }, [['second', 12]]);
`;
await writeFile(join(project, 'app.cjs'), APP);
await writeFile(join(project, 'cdk.json'), JSON.stringify({ app: 'node app.cjs' }));

async function examined(answers: AccountAnswers, environment: Record<string, string> = {}): Promise<Finding[]> {
  const { endpoint, close } = await serveAccount(answers);
  try {
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const account = new Account({ endpoint, credentials, region: 'eu-west-1' });
    const around = {
      ...process.env,
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      ...environment,
    };
    return await examine({ project, context: {}, account, environment: around });
  } finally {
    close();
  }
}

const WELL: AccountAnswers = {
  account: '111122223333',
  bootstrapVersion: '30',
  concurrency: { limit: 1000, unreserved: 970 },
};

/** Returns what was not well, by check. */
const complaints = (findings: readonly Finding[]) =>
  Object.fromEntries(
    findings
      .filter(({ status }) => status !== 'ok')
      .map(({ check, status, found, mend }) => [check, [status, `${found} → ${mend}`]]),
  );

describe.concurrent('the doctor', { timeout: 60_000 }, () => {
  test('finds nothing where all is well', async () => {
    const findings = await examined(WELL);
    expect(complaints(findings)).toEqual({});
    expect(findings.map(({ check }) => check)).toEqual([
      'node',
      'python',
      'region',
      'credentials',
      'app',
      'bootstrap',
      'concurrency',
      'stacks',
    ]);
    expect(findings.find(({ check }) => check === 'app')?.found).toBe('first, second');
  });

  test.each(['its own directory', 'a directory around it'])(
    'runs the app on the Node in %s, as npm does',
    async (where) => {
      const workspace = await mkdtemp(join(tmpdir(), 'millrace-doctor-node-'));
      const app = join(workspace, 'app');
      const bin = join(where === 'its own directory' ? app : workspace, 'node_modules/.bin');
      await mkdir(bin, { recursive: true });
      await mkdir(app, { recursive: true });
      await writeFile(join(app, 'cdk.json'), JSON.stringify({ app: 'node app.ts' }));
      await writeFile(join(bin, 'node'), '#!/bin/sh\necho "the Node of the project runs $1" >&2\nexit 1\n');
      await chmod(join(bin, 'node'), 0o755);
      const output = join(workspace, 'out');
      const synthesis = synthesizeApp(app, output, {}, { ...process.env, CDK_DISABLE_CLI_TELEMETRY: 'true' }, 'whole');
      await expect(synthesis).rejects.toThrow('the Node of the project runs app.ts');
      await rm(workspace, { recursive: true });
    },
  );

  test('says that an account is too small for what the app reserves, and not when the app has it already', async () => {
    const small = { limit: 50, unreserved: 20 };
    const short = complaints(await examined({ ...WELL, concurrency: small }));
    expect(Object.keys(short)).toEqual(['concurrency']);
    expect(short.concurrency?.[0]).toBe('failed');
    expect(short.concurrency?.[1]).toMatch(
      /may run 50 functions at a time in eu-west-1, 20 of which .* reserves 30, .* at least 10 .* limit of 160 .*`trial`/,
    );
    const held = complaints(await examined({ ...WELL, concurrency: small, reserved: { first: 18, second: 12 } }));
    expect(held.concurrency?.[0]).toBe('warning');
  });

  test('says that the region has no bootstrap, or one that is too old', async () => {
    const { bootstrapVersion: _, ...none } = WELL;
    expect(complaints(await examined(none))).toEqual({
      bootstrap: [
        'failed',
        expect.stringMatching(/eu-west-1 has none.*npx cdk bootstrap aws:\/\/111122223333\/eu-west-1/),
      ],
    });
    expect(complaints(await examined({ ...WELL, bootstrapVersion: '5' })).bootstrap?.[1]).toMatch(
      /version 5, and 6 is needed/,
    );
  });

  test('says that nobody is known by these credentials, and looks at what needs none', async () => {
    const findings = await examined({});
    expect(complaints(findings)).toMatchObject({
      credentials: ['failed', expect.stringMatching(/security token.*AWS_PROFILE/)],
      bootstrap: ['skipped', expect.anything()],
    });
    expect(findings.find(({ check }) => check === 'app')?.status).toBe('ok');
  });

  test('says what the app has to say of itself', async () => {
    expect(complaints(await examined(WELL, { BROKEN: '1' })).app).toEqual([
      'failed',
      expect.stringMatching(/^configuration preset is "staging": must be "prod" or "dev" → /),
    ]);
  });

  test('tells stacks that a deploy would stumble over', async () => {
    const { stacks } = complaints(
      await examined({ ...WELL, stacks: { first: 'UPDATE_ROLLBACK_FAILED', second: 'CREATE_COMPLETE' } }),
    );
    expect(stacks).toEqual([
      'failed',
      expect.stringMatching(/^first is UPDATE_ROLLBACK_FAILED.*npx cdk rollback first$/),
    ]);
  });

  test('tells what it may not ask, and of stacks for another account', async () => {
    const environment = { OTHER: 'aws://444455556666/eu-west-1' };
    const denied = ['GetAccountSettings', 'DescribeStacks'];
    expect(complaints(await examined({ ...WELL, denied }, environment))).toEqual({
      credentials: ['warning', expect.stringMatching(/of account 111122223333, and there are stacks for 444455556666/)],
      concurrency: ['failed', expect.stringMatching(/not authorized to perform: GetAccountSettings/)],
      stacks: ['failed', expect.stringMatching(/not authorized to perform: DescribeStacks/)],
    });
  });
});

import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { App, Stack } from 'aws-cdk-lib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Millrace } from '../../lib/millrace.ts';

const ROOT = join(import.meta.dirname, '../..');
const LOAD = ['--rate', '1/s', '--for', '1m', '--duration', '1s'];

/** An app that says in code what a plan depends on, in two stages. */
const APP = `import { App, Stack, Stage } from 'aws-cdk-lib';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Millrace } from '${ROOT}/lib/millrace.ts';
const app = new App();
const classes = { reports: { memoryMb: 2048, timeoutSeconds: 600, concurrency: 4, reserved: 24, lanes: { high: 8 } } };
const prod = new Stage(app, 'Prod');
const alarmTopicArn = new Topic(new Stack(prod, 'Own'), 'Pager').topicArn;
new Millrace(prod, 'Tasks', { preset: 'prod', provisioned: false, classes, alarmTopicArn, tasks: 'jobs' });
new Millrace(new Stage(app, 'Beta'), 'Tasks', { preset: 'dev', classes, tasks: 'jobs' });
`;
const JOB = (type: string, resources: string) => `import * as z from 'zod';
export const job = { type: '${type}', description: 'Works.', resources: '${resources}', priority: 'normal', timeoutSeconds: 5,
  retry: { maxAttempts: 1, baseDelaySeconds: 1, maxDelaySeconds: 1 }, input: z.strictObject({}), run: () => null };
`;

/** Runs \`millrace plan\` in a folder of a team, and returns what it prints, or says. */
async function planned(...args: readonly string[]): Promise<string> {
  mkdirSync(join(ROOT, '.millrace'), { recursive: true });
  const folder = mkdtempSync(join(ROOT, '.millrace/planned-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'jobs'));
  const files = {
    'cdk.json': '{ "app": "node app.ts", "context": { "preset": "dev" } }',
    'app.ts': APP,
    'jobs/report.ts': JOB('report', 'reports'),
  };
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  const command = [join(ROOT, 'cli/main.ts'), 'plan', ...LOAD, ...args];
  return promisify(execFile)(process.execPath, command, { cwd: folder }).then(
    ({ stdout }) => stdout,
    ({ stderr }: { stderr: string }) => stderr,
  );
}

describe('a plan of an app that says in code what it makes', () => {
  test('is of that, and not of what cdk.json says', async () => {
    const report = await planned('--name', 'prod-millrace', '--class', 'reports');
    expect(report).toContain('class reports\ndeployed as prod: 1 shard(s) of 24 executors, whose lanes have high 8');
    expect(report).not.toContain('environments kept initialized');
  });

  test('asks which of several deployments is meant', async () => {
    expect(await planned()).toMatch(
      /^The app makes several deployments: say which one by --name, of beta-millrace \(Beta\/Tasks\), prod-millrace \(Prod\/Tasks\)\.\n/,
    );
  });
});

test('no code is bundled where the CDK wants none', () => {
  process.env.CDK_VALIDATION = 'false';
  const outdir = mkdtempSync(join(tmpdir(), 'millrace-unbundled-'));
  onTestFinished(() => rmSync(outdir, { recursive: true }));
  const app = new App({ outdir, context: { 'aws:cdk:bundling-stacks': [] } });
  new Millrace(new Stack(app, 'Shop'), 'Tasks', { tasks: 'tasks', preset: 'dev' });
  app.synth();
  const written = readdirSync(outdir);
  expect(written).toContain('Shop.Tasks.deployment.json');
  expect(written.filter((name) => /^(bundle|asset)\./.test(name))).toEqual([]);
});

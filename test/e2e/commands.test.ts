import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, inject, it } from 'vitest';
import { createClient } from '../../entries/client.ts';
import { command, newFolder, startCommand } from '../doubles/command.ts';
import { grant } from './grant.ts';

const { url, apiKey } = inject('stack');
const millrace = (args: readonly string[], key = apiKey, cwd = newFolder()) =>
  command(args, { cwd, env: { MILLRACE_URL: url, MILLRACE_KEY: key } });

it('tasks are submitted, waited for and shown; each way to fail has its exit code', async () => {
  const rendered = await millrace([
    'submit',
    'markdown.render',
    '{"markdown":"# Hello"}',
    '--priority',
    'high',
    '--wait',
  ]);
  expect(rendered).toMatchObject({ exitCode: 0, stdout: '{\n  "html": "<h1>Hello</h1>\\n"\n}\n' });
  const failed = await millrace(['submit', 'csv.summarize', '{"text":"{\\"json\\": true}"}', '--wait', '--json']);
  expect(failed).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/\(invalid_csv\)\.\n$/) });
  const { id } = JSON.parse(failed.stdout);
  expect(await millrace(['get', id])).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/^error +invalid_csv: /m),
  });
  expect((await millrace(['list', '--status', 'failed', '--type', 'csv.summarize'])).stdout).toContain(id);
  expect(await millrace(['submit', 'csv.summarize', '{}'])).toMatchObject({ exitCode: 3 });
  expect(await millrace(['get', `${'0'.repeat(26)}-0`])).toMatchObject({ exitCode: 4 });
  expect(await millrace(['list'], `mr_${'a'.repeat(43)}`)).toMatchObject({ exitCode: 6, stdout: '' });
  const submitter = await grant('commands-e2e', ['submit']);
  expect(await millrace(['list'], submitter)).toMatchObject({
    exitCode: 6,
    stderr: expect.stringMatching(/\(missing_scope\)/),
  });
}, 180_000);

it('a deployment is operated', async () => {
  expect((await millrace(['lanes'])).stdout).toMatch(/^default-high-0 .+ yes$/m);
  expect((await millrace(['definitions'])).stdout).toMatch(/^markdown\.render +- /m);
  expect(await millrace(['stats'])).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^in all +\d/m) });
  expect(await millrace(['redrive', 'default-low-0'])).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/^0 dead letters/),
  });
  const made = await millrace([
    'schedules',
    'create',
    'markdown.render',
    '{"markdown":"# Daily"}',
    '--cron',
    '@yearly',
  ]);
  const schedule = made.stdout.trim();
  const ran = await millrace(['schedules', 'run', schedule]);
  expect(await millrace(['wait', ran.stdout.trim()])).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('Daily'),
  });
  expect(await millrace(['schedules', 'delete', schedule])).toMatchObject({ exitCode: 0 });
  const delayed = await millrace(['submit', 'markdown.render', '{"markdown":"# Late"}', '--delay', '1h']);
  const late = delayed.stdout.trim();
  expect(await millrace(['cancel', late])).toMatchObject({ stdout: `${late} cancelled\n` });
}, 180_000);

it('an import that is killed and started again has each line once', async () => {
  const key = await grant('import-e2e', ['submit', 'read']);
  const cwd = newFolder();
  const lines = Array.from({ length: 1_200 }, (_, place) => ({
    type: 'markdown.render',
    input: { markdown: `# ${place}` },
    workflowInstanceId: `line-${place}`,
    delaySeconds: 3_600,
  }));
  writeFileSync(join(cwd, 'tasks.jsonl'), lines.map((line) => JSON.stringify(line)).join('\n'));
  for (const afterMilliseconds of [700, 1_500, 2_500]) {
    const { child, ended } = startCommand(['import', 'tasks.jsonl'], {
      cwd,
      env: { MILLRACE_URL: url, MILLRACE_KEY: key },
    });
    await Promise.race([sleep(afterMilliseconds), ended]);
    child.kill('SIGKILL');
    await ended;
  }
  const last = await millrace(['import', 'tasks.jsonl'], key, cwd);
  expect(last).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/ 0 lines refused\.\n$/) });
  const found: string[] = [];
  for await (const task of createClient({ url, key }).list({ limit: 100 })) found.push(task.workflowInstanceId ?? '');
  expect(found.toSorted()).toEqual(lines.map(({ workflowInstanceId }) => workflowInstanceId).toSorted());
}, 240_000);

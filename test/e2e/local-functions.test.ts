import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  CreateFunctionCommand,
  InvokeCommand,
  LambdaClient,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localTarget } from '../../local/aws-target.ts';
import { freePort } from '../../local/free-port.ts';
import { type MiniStack, startMiniStack } from '../../local/ministack.ts';

const FunctionName = 'told';
/** Does what its event tells it to. */
const CODE = `
export async function handler({ log = [], partial = '', milliseconds = 0, size = 0, fails, echo }) {
  for (const line of log) console.log(line);
  process.stdout.write(partial);
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  if (fails) throw new Error('as told');
  return { process: process.pid, filling: 'x'.repeat(size), echo };
}
`;

describe('a function of the local cloud', () => {
  let directory = '';
  let server: MiniStack;
  let lambda: LambdaClient;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'millrace-functions-'));
    server = await startMiniStack([await freePort([])], {
      directory: join(directory, 'cloud'),
      signal: new AbortController().signal,
    });
    lambda = new LambdaClient(localTarget(server.endpoint).client);
    await writeFile(join(directory, 'index.mjs'), CODE);
    const [archive, file] = [join(directory, 'code.zip'), join(directory, 'index.mjs')];
    await promisify(execFile)('python3', ['-m', 'zipfile', '-c', archive, file]);
    await lambda.send(
      new CreateFunctionCommand({
        FunctionName,
        Runtime: 'nodejs24.x',
        Handler: 'index.handler',
        Role: 'arn:aws:iam::000000000000:role/any',
        Timeout: 5,
        Code: { ZipFile: await readFile(archive) },
      }),
    );
  });

  afterAll(async () => {
    server.kill();
    await server.ended;
    await rm(directory, { recursive: true, force: true });
  });

  async function invoke(
    event: object,
  ): Promise<{ answer: Record<string, unknown>; error: string | undefined; log: string }> {
    const { Payload, FunctionError, LogResult } = await lambda.send(
      new InvokeCommand({ FunctionName, LogType: 'Tail', Payload: JSON.stringify(event) }),
    );
    const answer = JSON.parse(Buffer.from(Payload ?? []).toString());
    return { answer, error: FunctionError, log: Buffer.from(LogResult ?? '', 'base64').toString() };
  }

  it('answers at once whether or not it logs, and each call has its own lines', async () => {
    await invoke({});
    const silent: number[] = [];
    for (let count = 0; count < 20; count++) {
      const began = performance.now();
      const { log } = await invoke({ log: count % 2 === 0 ? [] : [`line ${count}`, '', 'and more'] });
      if (count % 2 === 0) silent.push(performance.now() - began);
      expect(log.match(/line \d+\n\nand more/g) ?? []).toEqual(count % 2 === 0 ? [] : [`line ${count}\n\nand more`]);
    }
    // The quickest of those without a line tells what a call must take: MiniStack waits 50 ms for one.
    expect(Math.min(...silent)).toBeLessThan(40);
  });

  it('ends a line that its handler did not end', async () => {
    expect((await invoke({ partial: 'half' })).log).toMatch(/^half$/m);
    expect((await invoke({})).log).not.toContain('half');
  });

  it('takes and gives what is larger than a pipe', async () => {
    const echo = 'y'.repeat(300_000);
    expect((await invoke({ echo, size: 3_000_000 })).answer).toMatchObject({ echo, filling: 'x'.repeat(3_000_000) });
  });

  it('goes on after an error, and after a timeout', async () => {
    const failed = await invoke({ fails: true, log: ['before'] });
    expect(failed).toMatchObject({ error: 'Unhandled', answer: { errorMessage: 'as told' } });
    expect(failed.log).toContain('before');
    await invoke({});
    const late = await invoke({ milliseconds: 10_000 });
    expect(late).toMatchObject({ error: 'Unhandled', answer: { errorType: 'Sandbox.Timedout' } });
    expect(await invoke({ echo: 1 })).toMatchObject({ answer: { echo: 1 } });
  });

  it('runs in few processes for many short calls, and in as many as it takes for calls that last', async () => {
    const many = availableParallelism() * 10;
    const calls = (milliseconds: number) =>
      Promise.all(Array.from({ length: many }, async () => (await invoke({ milliseconds })).answer.process));
    const processes = new Set([...(await calls(10)), ...(await calls(10))]);
    expect(processes.size).toBeLessThanOrEqual(availableParallelism() * 4);
    // No call waits longer than three seconds for the end of another.
    expect(new Set(await calls(3_500)).size).toBeGreaterThan(availableParallelism() * 4);
  });

  it('runs as many calls at a time as come where they do nothing but wait', async () => {
    const Variables = { MILLRACE_WAITERS: '50' };
    await lambda.send(
      new UpdateFunctionConfigurationCommand({ FunctionName, Timeout: 12, Environment: { Variables } }),
    );
    const many = availableParallelism() * 4 + 2;
    const started = Date.now();
    const answers = await Promise.all(Array.from({ length: many }, () => invoke({ milliseconds: 8_000 })));
    expect(new Set(answers.map(({ answer }) => answer.process)).size).toBe(many);
    // The ninth and tenth of two processors would be held back for three and six seconds.
    expect(Date.now() - started).toBeLessThan(13_000);
  });
});

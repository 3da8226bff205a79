import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  GetFunctionConfigurationCommand,
  LambdaClient,
  ListAliasesCommand,
  PublishVersionCommand,
  paginateListFunctions,
  UpdateAliasCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionUpdatedV2,
} from '@aws-sdk/client-lambda';
import * as z from 'zod';
import type { LocalTarget } from './target.ts';

const noteSchema = z.object({
  at: z.number(),
  isFull: z.boolean(),
  heapBytes: z.number(),
  roomBytes: z.number(),
  processBytes: z.number(),
  count: z.number(),
  milliseconds: z.number(),
  majors: z.number(),
  majorMilliseconds: z.number(),
});

/**
 * What a process, or a thread of it, noted in about a second: its collections, what its heap holds after the last and the room that it
 * has, and what the whole process has. After a full collection (`isFull`) the heap holds what is kept.
 */
export type GarbageNote = z.infer<typeof noteSchema> & {
  readonly functionName: string;
  readonly pid: number;
  /** 0 is the main one. */
  readonly thread: number;
};

export type GarbageNotes = {
  read(): Promise<readonly GarbageNote[]>;
  remove(): Promise<void>;
};

const PROBE = pathToFileURL(join(import.meta.dirname, 'gc-probe.mjs'));

/** Makes the functions of a local stack note their garbage collections; their processes begin anew by that. */
export async function noteGarbage({ client }: LocalTarget): Promise<GarbageNotes> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-garbage-'));
  const lambda = new LambdaClient(client);
  for await (const { Functions: functions = [] } of paginateListFunctions({ client: lambda }, {})) {
    await Promise.all(functions.map(({ FunctionName: name = '' }) => loadProbe(lambda, name, folder)));
  }
  return {
    async read() {
      const files = await readdir(folder);
      return (await Promise.all(files.map((file) => notesOf(folder, file)))).flat();
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

async function loadProbe(lambda: LambdaClient, FunctionName: string, folder: string): Promise<void> {
  const { Environment, Runtime } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
  const { NODE_OPTIONS: options = '', ...variables } = Environment?.Variables ?? {};
  if (Runtime?.startsWith('nodejs') !== true) return;
  const probe = new URL(PROBE);
  probe.searchParams.set('to', folder);
  const Variables = { ...variables, NODE_OPTIONS: `${options} --import=${probe}`.trim() };
  await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Environment: { Variables } }));
  await waitUntilFunctionUpdatedV2({ client: lambda, maxWaitTime: 30, minDelay: 1 }, { FunctionName });
  const { Aliases = [] } = await lambda.send(new ListAliasesCommand({ FunctionName }));
  if (Aliases.length === 0) return;
  // An alias is of a version, which stays as it was published.
  const { Version: FunctionVersion } = await lambda.send(new PublishVersionCommand({ FunctionName }));
  for (const { Name } of Aliases) await lambda.send(new UpdateAliasCommand({ FunctionName, Name, FunctionVersion }));
}

async function notesOf(folder: string, file: string): Promise<GarbageNote[]> {
  const [functionName = '', pid, thread] = file.split('.');
  const lines = (await readFile(join(folder, file), 'utf8')).trimEnd().split('\n');
  return lines.map((line) => ({
    ...noteSchema.parse(JSON.parse(line)),
    functionName,
    pid: Number(pid),
    thread: Number(thread),
  }));
}

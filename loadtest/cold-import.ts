/**
 * How long the router's code takes to load, beside a bundle with only the two SDK clients, each in processes of its own and
 * in turns: `npm run loadtest:import`.
 */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundled, ROUTER_ENVIRONMENT } from './bundled.ts';

const ROUNDS = 15;
const directory = await mkdtemp(join(tmpdir(), 'millrace-load-'));
const root = join(import.meta.dirname, '..');

type Times = { readonly alone: number; readonly withStart: number };

/** The two clients, and the commands that the router sends by them. */
const CLIENTS = `
  import {
    BatchGetItemCommand, DynamoDBClient, GetItemCommand, PutItemCommand, QueryCommand, UpdateItemCommand,
  } from '@aws-sdk/client-dynamodb';
  import { SendMessageBatchCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
  new DynamoDBClient();
  new SQSClient();
  export const handler = [
    BatchGetItemCommand, GetItemCommand, PutItemCommand, QueryCommand, UpdateItemCommand, SendMessageBatchCommand,
    SendMessageCommand,
  ];
`;

try {
  const entry = join(root, 'loadtest/.clients.ts');
  await writeFile(entry, CLIENTS);
  const files = {
    clients: await bundled(entry, 'clients', directory).finally(() => rm(entry)),
    router: await bundled(join(root, 'functions/router/index.ts'), 'router', directory),
  };
  const measured = { clients: [] as Times[], router: [] as Times[] };
  for (let round = -1; round < ROUNDS; round++) {
    for (const name of ['clients', 'router'] as const) {
      const times = importTimes(files[name]);
      if (round >= 0) measured[name].push(times);
    }
  }
  for (const [what, label] of [
    ['alone', 'Import'],
    ['withStart', 'Start and import'],
  ] as const) {
    const [clients, router] = [measured.clients, measured.router].map((all) => median(all.map((one) => one[what])));
    const ratio = Number(router) / Number(clients);
    console.log(
      `${label}, median of ${ROUNDS}: clients ${clients?.toFixed(0)} ms, router ${router?.toFixed(0)} ms, ratio ${ratio.toFixed(2)}`,
    );
  }
} finally {
  await rm(directory, { recursive: true });
}

/** Milliseconds that a new process takes to import a file: by itself, and from the start of the process on. */
function importTimes(file: string): Times {
  const script = `const s = performance.now(); await import(${JSON.stringify(file)}); console.log(performance.now() - s, performance.now())`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    env: { ...process.env, ...ROUTER_ENVIRONMENT },
    encoding: 'utf8',
  });
  const [alone, withStart] = stdout.split(' ').map(Number);
  if (alone === undefined || withStart === undefined) throw new Error(stderr);
  return { alone, withStart };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/**
 * How large the code of each function is and how long it takes to load, beside a bundle with only the two SDK clients, each in
 * processes of its own and in turns: `npm run loadtest:import`.
 */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundled, FUNCTION_ENVIRONMENT } from './bundled.ts';

const ROUNDS = 25;
/** The router's time to load may be so many times that of the clients. */
const BUDGET = 1.4;
/** The functions of which code is loaded; the console's reads its site instead. */
const DOORS = ['router', 'waiter', 'authorizer', 'executor', 'projector', 'control'];
const directory = await mkdtemp(join(tmpdir(), 'millrace-load-'));
const root = join(import.meta.dirname, '..');

/** The bare SDK is the two clients, and the commands that the router sends by them. */
const CLIENTS = `
  import {
    BatchExecuteStatementCommand, BatchGetItemCommand, DynamoDBClient, GetItemCommand, PutItemCommand, QueryCommand,
    UpdateItemCommand,
  } from '@aws-sdk/client-dynamodb';
  import {
    ChangeMessageVisibilityBatchCommand, DeleteMessageBatchCommand, GetQueueAttributesCommand, ReceiveMessageCommand,
    SendMessageBatchCommand, SendMessageCommand, SQSClient,
  } from '@aws-sdk/client-sqs';
  new DynamoDBClient();
  new SQSClient();
  export const handler = [
    BatchExecuteStatementCommand, BatchGetItemCommand, GetItemCommand, PutItemCommand, QueryCommand, UpdateItemCommand,
    ChangeMessageVisibilityBatchCommand, DeleteMessageBatchCommand, GetQueueAttributesCommand, ReceiveMessageCommand,
    SendMessageBatchCommand, SendMessageCommand,
  ];
`;

try {
  const entry = join(root, 'loadtest/.clients.ts');
  await writeFile(entry, CLIENTS);
  const files = [['clients', await bundled(entry, 'clients', directory).finally(() => rm(entry))]];
  for (const door of DOORS)
    files.push([door, await bundled(join(root, `functions/${door}/index.ts`), door, directory)]);
  const measured = new Map<string, number[]>();
  for (let round = -1; round < ROUNDS; round++) {
    for (const [name = '', file = ''] of files) {
      const milliseconds = importTime(file);
      if (round >= 0) measured.set(name, [...(measured.get(name) ?? []), milliseconds]);
    }
  }
  const clients = median(measured.get('clients') ?? []);
  console.log(`Import, median of ${ROUNDS}, beside that of the clients:`);
  for (const [name = '', file = ''] of files) {
    const milliseconds = median(measured.get(name) ?? []);
    const kilobytes = (await stat(file)).size / 1_024;
    const shown = [`${kilobytes.toFixed(0)} KB`, `${milliseconds.toFixed(0)} ms`, (milliseconds / clients).toFixed(2)];
    console.log(`  ${name.padEnd(12)}${shown.map((text) => text.padStart(8)).join('')}`);
  }
  const ratio = median(measured.get('router') ?? []) / clients;
  console.log(`ratio of the router ${ratio.toFixed(2)} (budget ${BUDGET.toFixed(2)})`);
  if (ratio > BUDGET) process.exitCode = 1;
} finally {
  await rm(directory, { recursive: true });
}

/** Measures how many milliseconds a new process takes to import a file. */
function importTime(file: string): number {
  const script = `const start = performance.now(); await import(${JSON.stringify(file)}); console.log(performance.now() - start)`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    env: { ...process.env, ...FUNCTION_ENVIRONMENT },
    encoding: 'utf8',
  });
  const milliseconds = Number(stdout);
  // A function that survives errors nobody catches ends well, too, and has written what was wrong.
  if (status !== 0 || Number.isNaN(milliseconds)) throw new Error(stderr || stdout);
  return milliseconds;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

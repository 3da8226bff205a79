import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CreateTableCommand, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import {
  CreateEventSourceMappingCommand,
  CreateFunctionCommand,
  LambdaClient,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localTarget } from '../../local/aws-target.ts';
import { freePort } from '../../local/free-port.ts';
import { type MiniStack, startMiniStack } from '../../local/ministack.ts';

const FunctionName = 'reader';
const ROWS = 20;

describe('the stream of a table of the local cloud', () => {
  let directory = '';
  let server: MiniStack;
  let dynamo: DynamoDBClient;
  let lambda: LambdaClient;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'millrace-streams-'));
    const { signal } = new AbortController();
    server = await startMiniStack([await freePort([])], { directory: join(directory, 'cloud'), signal });
    dynamo = new DynamoDBClient(localTarget(server.endpoint).client);
    lambda = new LambdaClient(localTarget(server.endpoint).client);
    const code = join(directory, 'index.mjs');
    await writeFile(code, 'export const handler = async () => {};');
    const archive = join(directory, 'code.zip');
    await promisify(execFile)('python3', ['-m', 'zipfile', '-c', archive, code]);
    await lambda.send(
      new CreateFunctionCommand({
        FunctionName,
        Runtime: 'nodejs24.x',
        Handler: 'index.handler',
        Role: 'arn:aws:iam::000000000000:role/any',
        Code: { ZipFile: await readFile(archive) },
      }),
    );
  });

  afterAll(async () => {
    server.kill();
    await server.ended;
    await rm(directory, { recursive: true, force: true });
  });

  async function ask<T>(operation: string, input: object): Promise<T> {
    const answer = await fetch(server.endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': `DynamoDBStreams_20120810.${operation}`,
        authorization:
          'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
      },
      body: JSON.stringify(input),
    });
    expect(answer.status).toBe(200);
    return (await answer.json()) as T;
  }

  /** How many records of a stream can still be read. */
  async function recordsOf(StreamArn: string): Promise<number> {
    type Described = { StreamDescription: { Shards: { ShardId: string }[] } };
    const { StreamDescription } = await ask<Described>('DescribeStream', { StreamArn });
    const ShardId = StreamDescription.Shards[0]?.ShardId;
    const from = { StreamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' };
    const { ShardIterator } = await ask<{ ShardIterator: string }>('GetShardIterator', from);
    return (await ask<{ Records: object[] }>('GetRecords', { ShardIterator })).Records.length;
  }

  /** Makes a table of which a function reads the stream, and the stream's address and the event source. */
  async function tableWithReader(TableName: string): Promise<{ stream: string; UUID: string }> {
    const { TableDescription } = await dynamo.send(
      new CreateTableCommand({
        TableName,
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
        BillingMode: 'PAY_PER_REQUEST',
        StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
      }),
    );
    const stream = TableDescription?.LatestStreamArn ?? '';
    const source = { FunctionName, EventSourceArn: stream, StartingPosition: 'TRIM_HORIZON' } as const;
    const { UUID = '' } = await lambda.send(new CreateEventSourceMappingCommand(source));
    return { stream, UUID };
  }

  async function write(TableName: string): Promise<void> {
    for (let row = 0; row < ROWS; row++) {
      await dynamo.send(new PutItemCommand({ TableName, Item: { pk: { S: String(row) } } }));
    }
  }

  it('forgets what its event sources have read, and keeps what one has still to read', async () => {
    const read = await tableWithReader('read');
    const unread = await tableWithReader('unread');
    await lambda.send(new UpdateEventSourceMappingCommand({ UUID: unread.UUID, Enabled: false }));
    await write('read');
    await write('unread');
    await expect.poll(() => recordsOf(read.stream), { timeout: 30_000, interval: 500 }).toBe(0);
    expect(await recordsOf(unread.stream)).toBe(ROWS);
    await write('unread');
    expect(await recordsOf(unread.stream)).toBe(ROWS);
    await lambda.send(new UpdateEventSourceMappingCommand({ UUID: unread.UUID, Enabled: true }));
    await expect.poll(() => recordsOf(unread.stream), { timeout: 30_000, interval: 500 }).toBe(0);
  });
});

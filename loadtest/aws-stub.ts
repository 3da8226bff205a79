import { hash } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';

/** Where the port of something that keeps tables is given, calls to DynamoDB go on to it. */
const [, , dynamoPort] = process.argv;

/**
 * Answers any call to SQS and DynamoDB at once, and keeps nothing: so that what is measured in front of it is the caller's
 * own work. Writes its port to its parent; to each message of that, how often each operation was called since the last.
 */
const server = createServer(async (request, response) => {
  const [status, body] = await answerTo(request, await text(request));
  response
    .writeHead(status, { 'content-type': 'application/x-amz-json-1.0', 'content-length': Buffer.byteLength(body) })
    .end(body);
});

const calls = new Map<string, number>();

async function answerTo({ headers }: IncomingMessage, body: string): Promise<[status: number, body: string]> {
  const target = String(headers['x-amz-target']);
  const operation = target.split('.')[1] ?? '';
  calls.set(operation, (calls.get(operation) ?? 0) + 1);
  if (dynamoPort !== undefined && target.startsWith('DynamoDB')) {
    // The headers that its signature speaks of go on, but for what belongs to the connection.
    const { host: _host, connection: _connection, 'content-length': _length, ...signed } = headers;
    const answer = await fetch(`http://127.0.0.1:${dynamoPort}/`, {
      method: 'POST',
      headers: signed as Record<string, string>,
      body,
    });
    return [answer.status, await answer.text()];
  }
  return [200, JSON.stringify(ANSWERS[operation]?.(JSON.parse(body) as never) ?? {})];
}

type Message = { readonly Id?: string; readonly MessageBody: string };

/** The SDK holds this against the body that it has sent. */
const sent = ({ Id, MessageBody: message }: Message) => ({
  Id,
  MessageId: '00000000-0000-4000-8000-000000000000',
  MD5OfMessageBody: hash('md5', message),
});

type Row = Readonly<Record<string, { readonly S?: string }>>;
/** The one task that is there. */
const ENDED_TASK = {
  pk: { S: 'acme#01KB7QK3ZX0000000000000000-0' },
  order: { S: '01KB7QK3ZX0000000000000000' },
  type: { S: 'work' },
  status: { S: 'succeeded' },
  priority: { S: 'normal' },
  executorKey: { S: 'default/normal/0' },
  fingerprint: { S: 'x' },
  attempt: { N: '1' },
  maxAttempts: { N: '3' },
  timeoutSeconds: { N: '10' },
  startedAt: { N: '1795951645469' },
  finishedAt: { N: '1795951645569' },
  expiresAt: { N: '4102444800' },
  input: { S: '{"milliseconds":0}' },
  output: { S: JSON.stringify({ rows: Array.from({ length: 30 }, (_, row) => ({ row, text: `of ${row}` })) }) },
};

/** Makes the answers that are read, by operation. */
const ANSWERS: Readonly<Record<string, (input: never) => unknown>> = {
  SendMessage: sent,
  SendMessageBatch: ({ Entries: entries }: { Entries: Message[] }) => ({ Successful: entries.map(sent), Failed: [] }),
  GetItem: ({ Key }: { Key: Row }) => (Key.pk?.S === ENDED_TASK.pk.S ? { Item: ENDED_TASK } : {}),
  BatchExecuteStatement: ({ Statements: statements }: { Statements: unknown[] }) => ({
    Responses: statements.map(() => ({ TableName: 'tasks' })),
  }),
};

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.(typeof address === 'object' ? address?.port : undefined);
});
process.on('message', () => {
  process.send?.(Object.fromEntries(calls));
  calls.clear();
});
process.on('disconnect', () => process.exit());

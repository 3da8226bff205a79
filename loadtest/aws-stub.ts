import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import * as z from 'zod';

/**
 * Answers any call to SQS and DynamoDB at once, and keeps nothing: so that what is measured in front of it is the caller's
 * own work. Writes its port to its parent; to each message of that, how often each operation was called since the last.
 */
const server = createServer(async (request, response) => {
  const body = JSON.stringify(answerTo(request, await text(request)));
  response
    .writeHead(200, { 'content-type': 'application/x-amz-json-1.0', 'content-length': Buffer.byteLength(body) })
    .end(body);
});

const statementsSchema = z.object({
  Statements: z.array(z.object({ Statement: z.string(), Parameters: z.array(z.unknown()) })),
});

/** What every task has that is claimed here. */
const TASK_ROW = {
  tenantId: { S: 'acme' },
  type: { S: 'noop' },
  indexShard: { N: '0' },
  order: { S: '01KB0000000000000000000000' },
  priority: { S: 'normal' },
  executorKey: { S: 'default/normal/0' },
  maxAttempts: { N: '3' },
  timeoutSeconds: { N: '15' },
  input: { S: '{"name":"Ada"}' },
  fingerprint: { S: '-' },
  statusGroup: { S: 'open' },
  status: { S: 'running' },
  attempt: { N: '1' },
};

const calls = new Map<string, number>();

function answerTo({ headers }: IncomingMessage, body: string): unknown {
  const operation = String(headers['x-amz-target']).split('.')[1] ?? '';
  calls.set(operation, (calls.get(operation) ?? 0) + 1);
  switch (operation) {
    case 'SendMessage': {
      const { MessageBody: message } = JSON.parse(body) as { MessageBody: string };
      // The SDK holds this against the body that it has sent.
      return { MessageId: '00000000-0000-4000-8000-000000000000', MD5OfMessageBody: md5(message) };
    }
    case 'BatchExecuteStatement':
      return {
        Responses: statementsSchema.parse(JSON.parse(body)).Statements.map((one) => ({ Item: rowWritten(one) })),
      };
    default:
      return {};
  }
}

/** The row of a statement: a task, and what it says by `"name" = ?`. */
function rowWritten({ Statement: text, Parameters: values }: z.infer<typeof statementsSchema>['Statements'][number]) {
  const said = text.split('?').map((part, index) => [/"(\w+)" = $/.exec(part)?.[1] ?? '', values[index]] as const);
  return { ...Object.fromEntries(said.filter(([name]) => name !== '')), ...TASK_ROW };
}

const md5 = (message: string): string => createHash('md5').update(message).digest('hex');

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.(typeof address === 'object' ? address?.port : undefined);
});
process.on('message', () => {
  process.send?.(Object.fromEntries(calls));
  calls.clear();
});
process.on('disconnect', () => process.exit());

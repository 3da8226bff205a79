import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';

/**
 * Answers any SendMessage and any call to DynamoDB at once, and keeps nothing: so that what is measured in front of it is
 * the caller's own work. Writes its port to its parent.
 */
const server = createServer(async (request, response) => {
  const body = JSON.stringify(answerTo(request, await text(request)));
  response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0', 'content-length': body.length }).end(body);
});

function answerTo({ headers }: IncomingMessage, body: string): unknown {
  if (!String(headers['x-amz-target']).startsWith('AmazonSQS.')) return {};
  const { MessageBody: message } = JSON.parse(body) as { MessageBody: string };
  // The SDK holds this against the body that it has sent.
  return { MessageId: '00000000-0000-4000-8000-000000000000', MD5OfMessageBody: md5(message) };
}

const md5 = (message: string): string => createHash('md5').update(message).digest('hex');

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.(typeof address === 'object' ? address?.port : undefined);
});
process.on('disconnect', () => process.exit());

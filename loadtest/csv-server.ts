import { createServer, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** The rows are those of a file of measurements: numbers, plain text, and text that has to be in quotes. */
const BLOCK = Buffer.from(Array.from({ length: 10_000 }, (_, index) => row(index)).join(''));
const HEADER = 'id,station,note,temperature,humidity,pressure,at\n';

/** Serves a CSV of as many bytes as the query asks for, or a row more: `/?bytes=500000000`. Writes its port to its parent. */
const server = createServer(async ({ url = '/' }, response) => {
  const bytes = Number(new URL(url, 'http://localhost').searchParams.get('bytes'));
  response.writeHead(200, { 'content-type': 'text/csv' });
  await send(bytes, response).catch(() => {});
});

const send = (bytes: number, response: ServerResponse): Promise<void> =>
  pipeline(Readable.from(pieces(bytes), { objectMode: false }), response);

function* pieces(bytes: number): Generator<Buffer> {
  yield Buffer.from(HEADER);
  let left = bytes - HEADER.length;
  for (; left > BLOCK.length; left -= BLOCK.length) yield BLOCK;
  const end = BLOCK.indexOf('\n', left);
  yield BLOCK.subarray(0, end + 1);
}

function row(index: number): string {
  const value = Math.sin(index) * 50;
  const at = new Date(1_700_000_000_000 + index * 1000).toISOString();
  return `${index},Station ${index % 97},"calm, ""clear"" sky",${value.toFixed(3)},${Math.abs(value).toFixed(1)},1013.${index % 100},${at}\n`;
}

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.(typeof address === 'object' ? address?.port : undefined);
});
process.on('disconnect', () => process.exit());

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export type SlowServer = {
  readonly url: string;
  /** Returns how many requests to a path it has answered. */
  answered(path: string): number;
  close(): void;
};

/** Starts a server on this machine that answers `/any-path?ms=300` after so many milliseconds. */
export async function startSlowServer(): Promise<SlowServer> {
  const answered = new Map<string, number>();
  const server = createServer(async ({ url = '/' }, response) => {
    const { pathname, searchParams } = new URL(url, 'http://127.0.0.1');
    await sleep(Number(searchParams.get('ms') ?? 0));
    answered.set(pathname, (answered.get(pathname) ?? 0) + 1);
    response.writeHead(200, { 'content-type': 'text/plain' }).end('done');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    answered: (path) => answered.get(path) ?? 0,
    close: () => void server.close().closeAllConnections(),
  };
}

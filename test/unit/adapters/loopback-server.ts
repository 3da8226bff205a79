import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

export type LoopbackServer = {
  /** The URL is `http://127.0.0.1:<port>`, without a path. */
  readonly url: string;
  readonly port: number;
  readonly server: Server;
};

/** Starts a real HTTP server on a free port of this machine, until the test is finished. */
export async function serve(listener: RequestListener): Promise<LoopbackServer> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, port, server };
}

export const bodyOf = async (request: IncomingMessage): Promise<string> => (await buffer(request)).toString();

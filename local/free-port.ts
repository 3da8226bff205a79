import { once } from 'node:events';
import { connect, createServer } from 'node:net';

export const HOST = '127.0.0.1';

/** Returns the first of some ports that nobody listens on, or any free one when all are taken. */
export async function freePort(preferred: readonly number[]): Promise<number> {
  for (const port of preferred) {
    if (!(await answers(port)) && (await bound(port)) !== undefined) return port;
  }
  const port = await bound(0);
  if (port === undefined) throw new Error(`No free port on ${HOST}.`);
  return port;
}

/** macOS lets a port of one address be bound while another process has it on all addresses; connecting tells. */
async function answers(port: number): Promise<boolean> {
  const socket = connect({ port, host: HOST });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function bound(port: number): Promise<number | undefined> {
  const server = createServer();
  try {
    await once(server.listen(port, HOST), 'listening');
    const address = server.address();
    return typeof address === 'object' ? address?.port : undefined;
  } catch {
    return undefined;
  } finally {
    server.close();
  }
}

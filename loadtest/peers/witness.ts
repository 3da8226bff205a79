import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Attempt = {
  /** The path of the request, one for each task. */
  readonly task: string;
  readonly startedAt: number;
  endedAt?: number;
  /** Whether it went away before it was answered. */
  isBroken: boolean;
};

export type Witness = {
  readonly url: string;
  readonly attempts: readonly Attempt[];
  close(): Promise<void>;
};

/** A server on this machine that answers after a while, and remembers who has asked and who has waited for the answer. */
export async function startWitness(milliseconds: number): Promise<Witness> {
  const attempts: Attempt[] = [];
  const server = createServer((request, response) => {
    const attempt: Attempt = { task: request.url ?? '', startedAt: performance.now(), isBroken: false };
    attempts.push(attempt);
    response.on('close', () => {
      attempt.endedAt = performance.now();
      attempt.isBroken = !response.writableFinished;
    });
    setTimeout(() => response.end('{}'), milliseconds);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    attempts,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { inject } from 'vitest';

/** X-Ray's daemon is told a segment, or a subsegment that was sent by itself, so. */
export type Segment = {
  readonly id: string;
  readonly name: string;
  readonly trace_id: string;
  readonly parent_id?: string;
  readonly type?: 'subsegment';
  readonly start_time: number;
  readonly end_time?: number;
  readonly fault?: boolean;
  readonly namespace?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
  readonly subsegments?: readonly Segment[];
};

export type TraceDaemon = { readonly segments: readonly Segment[]; close(): Promise<void> };

/** Takes what the functions send to X-Ray's daemon, from now on. */
export async function startTraceDaemon(): Promise<TraceDaemon> {
  const segments: Segment[] = [];
  const socket = createSocket('udp4').bind(inject('stack').traceDaemonPort, '127.0.0.1');
  socket.on('message', (message) => {
    const [, document = ''] = message.toString().split('\n', 2);
    segments.push(JSON.parse(document));
  });
  await once(socket, 'listening');
  return {
    segments,
    close: async () => {
      socket.close();
      await once(socket, 'close');
    },
  };
}

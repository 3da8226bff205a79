import { startNativePeer } from './native-peer.ts';
import type { Peer } from './peer.ts';
import { startRedis } from './redis.ts';
import { versionOf } from './versions.ts';

export async function startBullMq(): Promise<Peer> {
  const redis = await startRedis();
  const [bullmq, fastify] = [await versionOf('bullmq'), await versionOf('fastify')];
  return startNativePeer(
    {
      name: 'bullmq',
      title: 'BullMQ',
      setup: [
        `BullMQ ${bullmq} on Redis ${redis.version}, append-only file synced each second, \`noeviction\`; a door of Fastify ${fastify}, keys in its memory; one worker, concurrency 10.`,
        'Priorities are its own. Its groups, which would keep tenants apart, are of BullMQ Pro: both tenants share the queue.',
      ],
      advantage:
        'Its store is one native process in memory that is synced to disk each second, and its door and worker run day and night: no emulator, no function to call, no key to look up, no write that waits for a disk.',
      // A lock of 30 s, and a look for lost ones each 30 s.
      killLimitSeconds: 120,
    },
    redis,
  );
}

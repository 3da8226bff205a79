import { startNativePeer } from './native-peer.ts';
import type { Peer } from './peer.ts';
import { startPostgres } from './postgres.ts';
import { versionOf } from './versions.ts';

export async function startPgBoss(): Promise<Peer> {
  const postgres = await startPostgres();
  const [boss, fastify] = [await versionOf('pg-boss'), await versionOf('fastify')];
  return startNativePeer(
    {
      name: 'pg-boss',
      title: 'pg-boss',
      setup: [
        `pg-boss ${boss} on PostgreSQL ${postgres.version}, each as it is installed; a door of Fastify ${fastify}, keys in its memory; one worker with \`batchSize\` 10, \`burstWhenBatchFull\`, \`perJobResults\`, LISTEN/NOTIFY, and heartbeats of 30 s.`,
        'Its limits by group exclude batches: both tenants share the queue.',
      ],
      advantage:
        'Its store is a native server, and its door and worker run day and night: no emulator, no function to call, no key to look up; a batch is fetched and completed by one statement each.',
      // A heartbeat of 30 s, and a look for lost ones each 60 s.
      killLimitSeconds: 180,
    },
    postgres,
  );
}

import { startNativePeer } from './native-peer.ts';
import type { Peer } from './peer.ts';
import { startPostgres } from './postgres.ts';
import { versionOf } from './versions.ts';

export async function startGraphileWorker(): Promise<Peer> {
  const postgres = await startPostgres();
  const [worker, fastify] = [await versionOf('graphile-worker'), await versionOf('fastify')];
  return startNativePeer(
    {
      name: 'graphile-worker',
      title: 'Graphile Worker',
      setup: [
        `Graphile Worker ${worker} on PostgreSQL ${postgres.version}, as it is installed; a door of Fastify ${fastify}, keys in its memory; one worker with \`concurrentJobs\` 10, \`localQueue\` 11 and \`completeJobBatchDelay\` 0, as its page on performance has it.`,
        'It keeps no job that is over: each task writes its end into a table of its own, by which its result can be read. It knows no tenants; the jobs of a named queue run one by one.',
      ],
      advantage:
        'Its store is a native server, and its door and worker run day and night: no emulator, no function to call, no key to look up; jobs are fetched and deleted many at a time.',
      // What a killed worker had is taken up after four hours: that is not waited for.
      killLimitSeconds: 90,
    },
    postgres,
  );
}

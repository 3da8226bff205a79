import { probePostgres } from './postgres-probe.ts';

await probePostgres(`
  SELECT id::text, 'succeeded' AS status, finished_at AS "finishedAt" FROM results WHERE id = ANY($1::bigint[])`);

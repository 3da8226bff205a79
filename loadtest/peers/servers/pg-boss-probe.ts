import { probePostgres } from './postgres-probe.ts';

await probePostgres(`
  SELECT id::text, CASE state WHEN 'completed' THEN 'succeeded' ELSE 'failed' END AS status, completed_on AS "finishedAt"
  FROM pgboss.job WHERE name = 'tasks' AND id = ANY($1::uuid[]) AND state IN ('completed', 'failed', 'cancelled')`);

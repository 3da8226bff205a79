import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import type { Ended } from '../peer.ts';
import { answerQuestions } from './probe.ts';

/** An idle session says after ten seconds what it has done (PostgreSQL's `PGSTAT_IDLE_INTERVAL`). */
const STATISTICS_MILLISECONDS = 11_000;

/** Answers from a database: `endedSql` finds the tasks that are over among the ids in `$1`. */
export async function probePostgres(endedSql: string): Promise<void> {
  const client = new Client(process.env.STORE_URL);
  await client.connect();
  let own = 0;
  const query = async <Row extends object>(sql: string, values: readonly unknown[] = []): Promise<Row[]> => {
    own++;
    return (await client.query<Row>(sql, [...values])).rows;
  };
  answerQuestions({
    calls: async () => {
      await sleep(STATISTICS_MILLISECONDS);
      const before = own;
      const [row] = await query<{ count: string }>(
        'SELECT xact_commit AS count FROM pg_stat_database WHERE datname = current_database()',
      );
      return { transactions: Number(row?.count) - before };
    },
    ended: async (ids) =>
      (await query<Omit<Ended, 'finishedAt'> & { finishedAt: Date }>(endedSql, [ids])).map((row) => ({
        ...row,
        finishedAt: row.finishedAt.getTime(),
      })),
  });
}

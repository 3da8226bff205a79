import { Client } from 'pg';
import type { Ended } from '../peer.ts';
import { answerQuestions } from './probe.ts';

/** Answers from a database: `endedSql` finds the tasks that are over among the ids in `$1`. */
export async function probePostgres(endedSql: string): Promise<void> {
  const client = new Client(process.env.STORE_URL);
  await client.connect();
  answerQuestions({
    calls: async () => {
      // What a session has read is told up to ten seconds later; what it has written, at once.
      const { rows } = await client.query<{ next: string }>(
        'SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS next',
      );
      return { 'transactions that write': Number(rows[0]?.next) };
    },
    ended: async (ids) => {
      const { rows } = await client.query<Omit<Ended, 'finishedAt'> & { finishedAt: Date }>(endedSql, [ids]);
      return rows.map((row) => ({ ...row, finishedAt: row.finishedAt.getTime() }));
    },
  });
}

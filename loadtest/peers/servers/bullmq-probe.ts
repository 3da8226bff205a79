import { Redis } from 'ioredis';
import type { Ended } from '../peer.ts';
import { answerQuestions } from './probe.ts';

/** What BullMQ sends to run its scripts, and to wait. Of all other commands Redis does not say whether a script called them. */
const SENT = ['evalsha', 'eval', 'bzpopmin'];

const redis = new Redis(process.env.STORE_URL ?? '');

answerQuestions({
  calls: async () => {
    const statistics = await redis.info('commandstats');
    const counts = [...statistics.matchAll(/^cmdstat_(\w+):calls=(\d+)/gm)];
    return Object.fromEntries(
      counts.flatMap(([, name = '', count]) => (SENT.includes(name) ? [[name.toUpperCase(), Number(count)]] : [])),
    );
  },
  ended: async (ids) => {
    const pipeline = redis.pipeline();
    for (const id of ids) pipeline.hmget(`bull:tasks:${id}`, 'finishedOn', 'failedReason');
    const answers = (await pipeline.exec()) ?? [];
    return answers.flatMap(([, values], index): Ended[] => {
      const [finishedOn, failedReason] = values as (string | null)[];
      if (finishedOn == null) return [];
      const status = failedReason == null ? 'succeeded' : 'failed';
      return [{ id: ids[index] ?? '', status, finishedAt: Number(finishedOn) }];
    });
  },
});

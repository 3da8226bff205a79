import { hash } from 'node:crypto';

/**
 * Rendezvous hashing: the shard whose hash with the key is the greatest. Going from n to n + 1 shards moves 1/(n + 1)
 * of the keys, all of them to the new shard.
 */
export function shardOf(key: string, shards: number): number {
  let winner = 0;
  let greatest = -1;
  for (let shard = 0; shard < shards; shard++) {
    if (shards === 1) break;
    const weight = hash('sha256', `${shard}\n${key}`, 'buffer').readUIntBE(0, 6);
    if (weight > greatest) [winner, greatest] = [shard, weight];
  }
  return winner;
}

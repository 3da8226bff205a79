import { setTimeout as sleep } from 'node:timers/promises';

/** One call makes no more requests at a time, so that it takes a tenth of the connections to the table. */
export const PARALLEL_REQUESTS = 5;
const TRIES = 5;
const FIRST_PAUSE_MILLISECONDS = 50;

/**
 * Makes a request, and others of what DynamoDB has left of it, after pauses that grow, until nothing is left. Throws, with the
 * sentence, where the table stays behind.
 */
export async function untilProcessed<Asked>(
  asked: Asked,
  isNothing: (left: Asked) => boolean,
  request: (left: Asked) => Promise<Asked>,
  sentence: string,
): Promise<void> {
  let left = asked;
  for (let tries = 1; !isNothing(left); tries++) {
    if (tries > TRIES) throw new Error(sentence);
    if (tries > 1) await sleep(FIRST_PAUSE_MILLISECONDS * 2 ** tries);
    left = await request(left);
  }
}

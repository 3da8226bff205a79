import * as z from 'zod';
import type { DeadLetters } from '../core/dead-letter.ts';
import { once } from '../core/once.ts';
import { available } from './available.ts';

/** The dead letters to a route: where they cannot be had, it is a failure of the platform, and any other error is ours. */
export const availableDeadLetters = (deadLetters: DeadLetters): DeadLetters => ({
  take: (...args) => available(deadLetters.take(...args)),
  held: (...args) => available(deadLetters.held(...args)),
  giveBack: (...args) => deadLetters.giveBack(...args),
  remove: (...args) => available(deadLetters.remove(...args)),
});

export const anotherUnderWaySchema = once(() =>
  z
    .literal(true)
    .optional()
    .describe(
      'Another call is looking at dead letters of this class, or redrives them, and has some in hand: ask again when it has ended. ' +
        'Those of a call that died are there again after a minute. Missing where there is none',
    ),
);

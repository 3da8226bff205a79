import type { DeadLetters } from '../core/dead-letter.ts';
import { available } from './available.ts';

/** The dead letters to a route: where they cannot be had, it is a failure of the platform, and any other error is ours. */
export const availableDeadLetters = (deadLetters: DeadLetters): DeadLetters => ({
  take: (...args) => available(deadLetters.take(...args)),
  giveBack: (...args) => deadLetters.giveBack(...args),
  remove: (...args) => available(deadLetters.remove(...args)),
});

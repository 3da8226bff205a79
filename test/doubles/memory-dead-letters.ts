import type { ResourceClass } from '../../functions/contract.ts';
import type { DeadLetter, DeadLetters } from '../../functions/core/lane/dead-letters.ts';

type Kept = Omit<DeadLetter, 'receipt'> & { readonly resourceClass: ResourceClass; visibleAt: number };

const REQUEST_MESSAGES = 10;

/** Keeps the dead-letter queues in memory. */
export class MemoryDeadLetters implements DeadLetters {
  readonly #letters = new Map<string, Kept>();
  readonly #now: () => number;
  #put = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  put(resourceClass: ResourceClass, letter: Pick<DeadLetter, 'body'> & Partial<DeadLetter>): void {
    const messageId = `letter-${++this.#put}`;
    const sentAt = this.#now();
    const kept = { messageId, sentAt, laneName: undefined, reason: undefined, ...letter, resourceClass, visibleAt: 0 };
    this.#letters.set(messageId, kept);
  }

  get bodies(): string[] {
    return [...this.#letters.values()].map(({ body }) => body);
  }

  async take(resourceClass: ResourceClass, seconds: number): Promise<readonly DeadLetter[]> {
    const taken = [...this.#letters.values()]
      .filter((letter) => letter.resourceClass === resourceClass && letter.visibleAt <= this.#now())
      .slice(0, REQUEST_MESSAGES);
    for (const letter of taken) letter.visibleAt = this.#now() + seconds * 1000;
    return taken.map(({ resourceClass: _, visibleAt: _visibleAt, ...letter }) => ({
      ...letter,
      receipt: letter.messageId,
    }));
  }

  async held(resourceClass: ResourceClass): Promise<number> {
    return [...this.#letters.values()].filter(
      (letter) => letter.resourceClass === resourceClass && letter.visibleAt > this.#now(),
    ).length;
  }

  async giveBack(_: ResourceClass, letters: readonly DeadLetter[]): Promise<void> {
    for (const { receipt } of letters) {
      const letter = this.#letters.get(receipt);
      if (letter !== undefined) letter.visibleAt = 0;
    }
  }

  async remove(_: ResourceClass, letters: readonly DeadLetter[]): Promise<void> {
    for (const { receipt } of letters) this.#letters.delete(receipt);
  }
}

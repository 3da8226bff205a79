import { describe, expect, it } from 'vitest';
import type { DeadLetter, DeadLetters } from '../../functions/core/lane/dead-letters.ts';

/** The contract is given dead letters to test, and a way to add one. */
export type DeadLettersUnderTest = {
  readonly deadLetters: DeadLetters;
  put(letter: { readonly body: string; readonly laneName?: string; readonly reason?: string }): Promise<void>;
};

/** Tests what holds of every implementation of dead letters; they all begin with none. */
export function deadLettersContract(name: string, make: () => Promise<DeadLettersUnderTest>): void {
  describe(`dead letters in ${name}`, () => {
    const takeAll = async (deadLetters: DeadLetters, seconds = 60): Promise<DeadLetter[]> => {
      const all: DeadLetter[] = [];
      for (;;) {
        const letters = await deadLetters.take('default', seconds);
        if (letters.length === 0) return all;
        all.push(...letters);
      }
    };

    it('tell what they are, and why', async () => {
      const { deadLetters, put } = await make();
      await put({ body: '{', laneName: 'default-low-0', reason: 'the body is not JSON' });
      const [letter] = await deadLetters.take('default', 60);
      expect(letter).toMatchObject({ body: '{', laneName: 'default-low-0', reason: 'the body is not JSON' });
      expect(Math.abs((letter?.sentAt ?? 0) - Date.now())).toBeLessThan(60_000);
    });

    it('are taken by one at a time, all of them, until they are given back', async () => {
      const { deadLetters, put } = await make();
      const bodies = Array.from({ length: 23 }, (_, number) => `letter ${number}`);
      for (const body of bodies) await put({ body });
      const taken = await takeAll(deadLetters);
      expect(taken.map(({ body }) => body).toSorted()).toEqual(bodies.toSorted());
      expect(await deadLetters.take('default', 60)).toEqual([]);
      await deadLetters.giveBack('default', taken);
      expect(await takeAll(deadLetters)).toHaveLength(23);
    });

    it('are gone once they are removed', async () => {
      const { deadLetters, put } = await make();
      for (let number = 0; number < 13; number++) await put({ body: `letter ${number}` });
      const taken = await takeAll(deadLetters);
      const [first, ...others] = taken;
      await deadLetters.remove('default', others);
      await deadLetters.giveBack('default', taken);
      expect((await takeAll(deadLetters)).map(({ body }) => body)).toEqual([first?.body]);
    });

    it('are held while they are taken', async () => {
      const { deadLetters, put } = await make();
      for (let number = 0; number < 3; number++) await put({ body: `letter ${number}` });
      expect(await deadLetters.held('default')).toBe(0);
      const [first, ...others] = await takeAll(deadLetters);
      expect(await deadLetters.held('default')).toBe(3);
      expect(await deadLetters.held('io-intensive')).toBe(0);
      await deadLetters.remove('default', first === undefined ? [] : [first]);
      await deadLetters.giveBack('default', others);
      expect(await deadLetters.held('default')).toBe(0);
    });

    it('of another class are others', async () => {
      const { deadLetters, put } = await make();
      await put({ body: 'letter' });
      expect(await deadLetters.take('io-intensive', 60)).toEqual([]);
    });
  });
}

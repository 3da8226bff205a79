import type { WaiterSlot, WaiterSlots } from '../../functions/core/wait/wait-for-end.ts';

export class MemoryWaiterSlots implements WaiterSlots {
  readonly #until: number[];

  constructor(slots: number) {
    this.#until = Array(slots).fill(0);
  }

  async take(now: number, until: number): Promise<WaiterSlot | undefined> {
    const number = this.#until.findIndex((end) => end <= now);
    if (number < 0) return undefined;
    this.#until[number] = until;
    return { number, until };
  }

  async release({ number, until }: WaiterSlot): Promise<void> {
    if (this.#until[number] === until) this.#until[number] = 0;
  }
}

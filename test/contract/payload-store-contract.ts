import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../functions/core/json.ts';
import { INLINE_PAYLOAD_BYTES, ITEM_PAYLOAD_BYTES } from '../../functions/core/payload.ts';
import type { PayloadStore } from '../../functions/core/ports.ts';
import { taskSeed } from '../doubles/task-seed.ts';

/** Text that zstd can make little of. */
const noise = (bytes: number): string => randomBytes(bytes).toString('base64');

/** What every payload store has to do, whatever it is made of. */
export function payloadStoreContract(name: string, makeStore: () => PayloadStore): void {
  describe(`${name} as a payload store`, () => {
    const store = makeStore();
    const put = (value: JsonValue, task = taskSeed(), payload = 'input') =>
      store.put(task.tenantId, task.id, payload, value, Date.now() + 86_400_000);
    /** JSON of exactly so many bytes: two of them are quotes. */
    const ofBytes = (bytes: number): string => 'x'.repeat(bytes - 2);

    it.each<[string, JsonValue]>([
      ['null', null],
      ['an object', { a: [1, 'two', { three: true }] }],
      ['what just fits', ofBytes(INLINE_PAYLOAD_BYTES)],
    ])('keeps %s with its task', async (_, value) => {
      expect(await put(value)).toEqual({ inline: value });
      expect(await store.get({ inline: value })).toEqual(value);
    });

    it.each<[string, JsonValue]>([
      ['what is one byte too large', ofBytes(INLINE_PAYLOAD_BYTES + 1)],
      ['what is larger in bytes than in characters', 'ä'.repeat(INLINE_PAYLOAD_BYTES / 2)],
      ['what is an item of its table', 'x'.repeat(100_000)],
      ['what compresses badly', noise(ITEM_PAYLOAD_BYTES * 2)],
      ['just under 3 MB', { rows: Array.from({ length: 120_000 }, (__, row) => `row ${row} of many`) }],
    ])('keeps %s elsewhere and gives it back', async (_, value) => {
      const payload = await put(value);
      expect(payload).toEqual({ ref: expect.any(String) });
      expect(await store.get(payload)).toEqual(value);
    });

    it('keeps payloads of different names and tasks apart', async () => {
      const task = taskSeed();
      const values = ['a', 'b', 'c'].map((letter) => letter.repeat(1000));
      const [input, output, other] = [
        await put(values[0] ?? '', task, 'input'),
        await put(values[1] ?? '', task, 'output-1'),
        await put(values[2] ?? ''),
      ];
      expect(await Promise.all([input, output, other].map((payload) => store.get(payload)))).toEqual(values);
    });

    it('replaces what is put again', async () => {
      const task = taskSeed();
      for (const value of ['a'.repeat(500), noise(20_000), 'b'.repeat(500)]) {
        expect(await store.get(await put(value, task))).toBe(value);
      }
    });

    it.each<[string, JsonValue]>([
      ['what is with its task', 'small'],
      ['an item', 'x'.repeat(100_000)],
      ['an object', noise(ITEM_PAYLOAD_BYTES * 2)],
    ])('keeps %s longer where it is', async (_, value) => {
      const payload = await put(value);
      await store.keep(payload, Date.now() + 10 * 86_400_000);
      expect(await store.get(payload)).toEqual(value);
    });

    it('throws for a payload that is not there', async () => {
      await expect(store.get({ ref: 'payloads/acme/none/input' })).rejects.toThrow();
      await expect(store.get({ ref: `acme#${taskSeed().id}#input` })).rejects.toThrow('there is no payload');
      await expect(store.get({ ref: 'nonsense' })).rejects.toThrow();
      await expect(store.keep({ ref: `acme#${taskSeed().id}#input` }, 0)).rejects.toThrow('there is no payload');
    });
  });
}

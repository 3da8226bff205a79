import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../functions/core/json.ts';
import type { PayloadStore } from '../../functions/core/ports.ts';
import { INLINE_PAYLOAD_BYTES, ITEM_PAYLOAD_BYTES } from '../../functions/core/task/payload.ts';
import { taskSeed, tenant } from '../doubles/task-seed.ts';

/** Makes a text that zstd can make little of. */
const noise = (bytes: number): string => randomBytes(bytes).toString('base64');

/** Tests what every payload store has to do, whatever it is made of. */
export function payloadStoreContract(name: string, makeStore: () => PayloadStore): void {
  describe(`${name} as a payload store`, () => {
    const store = makeStore();
    const put = (value: JsonValue, task = taskSeed(), payload = 'input') =>
      store.put(task.tenantId, task.id, payload, value, Date.now() + 86_400_000);
    /** Makes JSON of exactly so many bytes: two of them are quotes. */
    const ofBytes = (bytes: number): string => 'x'.repeat(bytes - 2);

    it.each<[string, JsonValue]>([
      ['null', null],
      ['an object', { a: [1, 'two', { three: true }] }],
      ['what just fits', ofBytes(INLINE_PAYLOAD_BYTES)],
    ])('keeps %s with its task', async (_, value) => {
      expect(await put(value)).toEqual({ inline: value });
      expect(await store.get(tenant('acme'), { inline: value })).toEqual(value);
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
      expect(await store.get(tenant('acme'), payload)).toEqual(value);
    });

    it('keeps payloads of different names and tasks apart', async () => {
      const task = taskSeed();
      const values = ['a', 'b', 'c'].map((letter) => letter.repeat(1000));
      const [input, output, other] = [
        await put(values[0] ?? '', task, 'input'),
        await put(values[1] ?? '', task, 'output-1'),
        await put(values[2] ?? ''),
      ];
      expect(await Promise.all([input, output, other].map((payload) => store.get(tenant('acme'), payload)))).toEqual(
        values,
      );
    });

    it('replaces what is put again', async () => {
      const task = taskSeed();
      for (const value of ['a'.repeat(500), noise(20_000), 'b'.repeat(500)]) {
        expect(await store.get(task.tenantId, await put(value, task))).toBe(value);
      }
    });

    it.each<[string, JsonValue]>([
      ['what is with its task', 'small'],
      ['an item', 'x'.repeat(100_000)],
      ['an object', noise(ITEM_PAYLOAD_BYTES * 2)],
    ])('keeps %s longer where it is', async (_, value) => {
      const payload = await put(value);
      expect(await store.keep(payload, Date.now() + 10 * 86_400_000)).toBe('kept');
      expect(await store.get(tenant('acme'), payload)).toEqual(value);
    });

    it('finds no payload that is not there', async () => {
      for (const ref of [
        'payloads/acme/none/input',
        'scheduled/acme/none/input',
        `acme#${taskSeed().id}#input`,
        'acme#x',
      ]) {
        expect(await store.get(tenant('acme'), { ref })).toBeUndefined();
        expect(await store.keep({ ref }, 0)).toBe('missing');
      }
    });

    it.each([
      'nonsense',
      '',
      '#',
      'other#x',
      `other#${taskSeed().id}#input`,
      'payloads/other/1/input',
      'payloads/acme#1/x',
    ])('refuses %j, which is not of the tenant', async (ref) => {
      await expect(store.get(tenant('acme'), { ref })).rejects.toThrow('not of the tenant acme');
    });

    it("does not give a tenant what is another's", async () => {
      const seed = taskSeed({ tenantId: tenant('other') });
      const payload = await put('x'.repeat(100_000), seed);
      expect(await store.get(seed.tenantId, payload)).toBe('x'.repeat(100_000));
      await expect(store.get(tenant('acme'), payload)).rejects.toThrow('not of the tenant acme');
    });

    it('removes all that is kept of a task, twice as well as once, and nothing of another', async () => {
      const [task, other] = [taskSeed(), taskSeed()];
      const values = ['x'.repeat(50_000), noise(ITEM_PAYLOAD_BYTES * 2)];
      const all = await Promise.all(values.map((value, place) => put(value, task, `output-${place}`)));
      const kept = await put('x'.repeat(50_000), other);
      const keptObject = await put(noise(ITEM_PAYLOAD_BYTES * 2), other, 'output-1');
      const refs = all.flatMap((payload) => ('ref' in payload ? [payload.ref] : []));
      for (let times = 0; times < 2; times++) await store.remove(task.tenantId, task.id, refs);
      for (const payload of all) expect(await store.get(task.tenantId, payload)).toBeUndefined();
      for (const payload of [kept, keptObject]) expect(await store.get(other.tenantId, payload)).toBeDefined();
    });
  });
}

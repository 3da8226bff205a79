import { describe, expect, it } from 'vitest';
import { secretReader } from '../../../functions/adapters/parameters.ts';

const PLACES = { STRIPE: { secret: 'arn:stripe' }, KEY: { parameter: '/shop/key' } };

describe('the secrets of a class', () => {
  it('are fetched from where they are, once for all who ask at a time', async () => {
    const fetched: unknown[] = [];
    const read = secretReader(PLACES, async (place) => {
      fetched.push(place);
      return 'sk_live';
    });
    expect(await Promise.all([read('STRIPE'), read('STRIPE'), read('KEY')])).toEqual(['sk_live', 'sk_live', 'sk_live']);
    expect(fetched).toEqual([PLACES.STRIPE, PLACES.KEY]);
  });

  it.each(['OTHER', 'toString'])('are told where there is none called %s', async (name) => {
    const read = secretReader(PLACES, async () => 'sk_live');
    await expect(read(name)).rejects.toMatchObject({
      code: 'unknown_secret',
      retryable: false,
      message: `there is no secret ${name}; the class has STRIPE, KEY`,
    });
    await expect(secretReader({})(name)).rejects.toMatchObject({ code: 'unknown_secret' });
  });

  it('are tried again where the service fails, by this attempt or the next', async () => {
    let isDown = true;
    const read = secretReader(PLACES, async () => {
      if (isDown) throw new Error('AccessDeniedException');
      return 'sk_live';
    });
    await expect(read('STRIPE')).rejects.toMatchObject({
      code: 'secret_unavailable',
      retryable: true,
      message: 'the secret STRIPE cannot be read: AccessDeniedException',
    });
    isDown = false;
    expect(await read('STRIPE')).toBe('sk_live');
  });

  it('are texts', async () => {
    const read = secretReader(PLACES, async () => new Uint8Array([1]));
    await expect(read('STRIPE')).rejects.toMatchObject({ code: 'secret_unavailable' });
  });
});

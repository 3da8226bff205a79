import { describe, expect, it, vi } from 'vitest';

/** Each test begins as a process does, which knows of no secret. */
async function process(secrets: Readonly<Record<string, string>>) {
  vi.resetModules();
  const { hidingSecrets, withoutSecrets } = await import('../../../functions/runtime/hidden-secrets.ts');
  const { log } = await import('../../../functions/runtime/log.ts');
  const secret = hidingSecrets(async (name) => secrets[name] ?? '');
  return { secret, withoutSecrets, log };
}

describe('a secret that was read', () => {
  it('is in no text any more, as it is, as JSON has it, and without the line that it ends with', async () => {
    const key = '-----BEGIN "KEY"-----\nabc\n';
    const { secret, withoutSecrets } = await process({ KEY: key, TOKEN: 'sk_live_1234' });
    expect(withoutSecrets('sk_live_1234')).toBe('sk_live_1234');
    expect(await secret('KEY')).toBe(key);
    await secret('TOKEN');
    expect(withoutSecrets(`refused: sk_live_1234, ${key.trim()}.`)).toBe('refused: [secret], [secret].');
    expect(withoutSecrets({ a: [`x ${key}`], b: 1, c: null })).toEqual({ a: ['x [secret]'], b: 1, c: null });
  });

  it('that is JSON hides each text in it, and what is too short for a secret stays', async () => {
    const { secret, withoutSecrets } = await process({
      DB: '{"user":"app","password":"correct horse","more":["battery-staple"]}',
    });
    await secret('DB');
    expect(withoutSecrets('app: correct horse, battery-staple')).toBe('app: [secret], [secret]');
  });

  it('is in no line of the log', async () => {
    const { secret, log } = await process({ TOKEN: 'sk_live_"1234' });
    await secret('TOKEN');
    const write = vi.spyOn(globalThis.process.stdout, 'write').mockReturnValue(true);
    log('warn', 'handler threw', { error_message: 'no: sk_live_"1234', task_id: 't' });
    const [[line]] = write.mock.calls as unknown as [[string]];
    write.mockRestore();
    expect(JSON.parse(line)).toMatchObject({ error_message: 'no: [secret]', task_id: 't' });
  });

  it('is known as the latest of many, and no text grows by what is known twice', async () => {
    const { secret, withoutSecrets } = await process(
      Object.fromEntries(
        Array.from({ length: 500 }, (_, at) => [`S${at}`, `secret number ${String(at).padStart(4, '0')}`]),
      ),
    );
    for (let at = 0; at < 500; at++) await secret(`S${at}`);
    await secret('S499');
    expect(withoutSecrets('secret number 0499')).toBe('[secret]');
  });
});

import { describe, expect, test } from 'vitest';
import { command } from '../../../doubles/command.ts';
import { startUnkindApi } from '../../client/unkind-api.ts';

async function startWorld() {
  const api = await startUnkindApi();
  const env = { MILLRACE_URL: api.url, MILLRACE_KEY: 'mr_key' };
  return { ...api, millrace: (...args: string[]) => command(args, { env }) };
}
const HOOK = 'https://hooks.example/millrace';

describe('webhooks', () => {
  test.each([
    [['create'], 2, /^<url> is missing\./],
    [
      ['create', HOOK, '--statuses', 'ended'],
      2,
      /^--statuses knows no "ended"; there are succeeded, failed, cancelled\./,
    ],
    [['create', HOOK, '--types', 'a,,b'], 2, /^--types "a,,b" must be names with commas between them\./],
    [['create', 'https://elsewhere.test/'], 3, /\/url .+\(invalid_request\)/],
    [['get', 'none'], 4, /\(not_found\)/],
    [['rotate', 'none'], 4, /\(not_found\)/],
    [
      ['send'],
      2,
      /^The command must be "list", "get", "create", "pause", "resume", "rotate" or "delete", not "send"\./,
    ],
  ])('%j is refused', async (args, exitCode, message) => {
    const { millrace } = await startWorld();
    const ended = await millrace('webhooks', ...args);
    expect(ended).toEqual({ exitCode, stdout: '', stderr: expect.stringMatching(message) });
  });

  test('are made with a secret that is shown once, listed, paused, resumed and deleted', async () => {
    const { millrace, client } = await startWorld();
    expect((await millrace('webhooks')).stderr).toBe('There are none.\n');
    const made = await millrace(
      'webhooks',
      'create',
      HOOK,
      '--types',
      'greet,echo',
      '--statuses',
      'failed',
      '--title',
      'Shop',
    );
    const [webhook] = await client.webhooks();
    expect(webhook).toMatchObject({ url: HOOK, types: ['greet', 'echo'], statuses: ['failed'], name: 'Shop' });
    const { id = '' } = webhook ?? {};
    expect(made).toEqual({
      exitCode: 0,
      stdout: expect.stringMatching(/^whsec_\S+\n$/),
      stderr: `The webhook is ${id}. Keep the secret: it is shown only now.\n`,
    });
    const { stdout } = await millrace('webhooks', 'list');
    expect(stdout).toMatch(new RegExp(`^ID .+\n${id}  ${HOOK}  greet, echo  failed +- +Shop\n$`));
    expect(stdout).not.toContain('whsec_');
    expect((await millrace('webhooks', 'pause', id)).stdout).toMatch(/^paused +as asked since 2026-01-01T00:00:00Z$/m);
    expect((await millrace('webhooks', 'list')).stdout).toMatch(/ {2}asked {2}/);
    const resumed = await millrace('webhooks', 'resume', id, '--json');
    expect(JSON.parse(resumed.stdout)).toEqual(await client.webhook(id));
    const rotated = await millrace('webhooks', 'rotate', id);
    expect(rotated).toMatchObject({
      exitCode: 0,
      stderr: expect.stringMatching(/signs as well until 2026-01-02T00:00:00Z\.\n$/),
    });
    expect(rotated.stdout).not.toBe(made.stdout);
    expect((await millrace('webhooks', 'rotate')).stdout).toMatch(/^whsec_/);
    expect(await millrace('webhooks', 'delete', id)).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: `The webhook ${id} is deleted.\n`,
    });
    expect(await client.webhooks()).toEqual([]);
  });

  test('of one task are asked for by its submit', async () => {
    const { millrace, seen } = await startWorld();
    const greeting = ['submit', 'greet', '{"name":"Ada"}'];
    expect(await millrace(...greeting, '--on-end-output')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/^--on-end-output goes with --on-end\./),
    });
    expect(await millrace(...greeting, '--on-end-statuses', 'failed')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/^--on-end-statuses goes with --on-end\./),
    });
    await millrace('webhooks', 'rotate');
    const asked = await millrace(
      ...greeting,
      '--on-end',
      HOOK,
      '--on-end-statuses',
      'failed,cancelled',
      '--on-end-output',
    );
    expect(asked).toMatchObject({ exitCode: 0 });
    const onEnd = { url: HOOK, statuses: ['failed', 'cancelled'], includeOutput: true };
    expect(JSON.parse(seen.at(-1)?.body ?? '')).toMatchObject({ type: 'greet', onEnd });
    const shown = await millrace('get', asked.stdout.trim());
    expect(shown.stdout).toMatch(new RegExp(`^told +${HOOK}, if failed, cancelled$`, 'm'));
  });
});

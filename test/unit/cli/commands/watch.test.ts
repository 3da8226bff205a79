import { describe, expect, test } from 'vitest';
import { startCommand, startInTerminal } from '../../../doubles/command.ts';
import { invoke } from '../../../doubles/executor-world.ts';
import { startUnkindApi, unkind } from '../../client/unkind-api.ts';

const environmentOf = (url: string) => ({ MILLRACE_URL: url, MILLRACE_KEY: 'mr_key' });
/** The cursor goes up, and what is below it is taken away. */
const REDRAWN = /\p{Cc}\[10A\r\p{Cc}\[J\d\d:\d\d:\d\d {2}(?:\d+ queued, )?\d+ succeeded/u;
const SEQUENCES = /\p{Cc}\[\d+[mA]/gu;
const EVERY_SECOND = ['watch', '--interval', '1s'];

/** Collects what a command prints while it goes on. */
function watching(args: readonly string[], url: string) {
  const { child, ended } = startCommand(args, { env: environmentOf(url) });
  let printed = '';
  child.stdout?.on('data', (part) => {
    printed += part;
  });
  return { printed: () => printed, stop: () => child.kill('SIGINT'), ended };
}

describe('watch', () => {
  test('ends at once by what stays wrong, and goes on by what passes', async () => {
    const refused = await startUnkindApi(unkind.refuses(401, 'unauthenticated'));
    const { ended } = watching(EVERY_SECOND, refused.url);
    expect(await ended).toMatchObject({ exitCode: 6, stdout: '' });
    const failing = Array(8).fill(unkind.refuses(503, 'unavailable'));
    const { url, client, behaviours } = await startUnkindApi();
    await client.submit('greet', { name: 'Ada' });
    behaviours.push(...failing);
    const later = watching([...EVERY_SECOND, '--deadline', '1s'], url);
    await expect.poll(later.printed, { timeout: 20_000 }).toMatch(/ {2}greet {2}queued\n$/);
    later.stop();
    expect((await later.ended).stderr).toMatch(/^Not now \(unavailable\)\./);
  });

  test('prints a line for each change where its reader is no terminal', async () => {
    const { url, client, world } = await startUnkindApi();
    const { id } = await client.submit('greet', { name: 'Ada' });
    await client.submit('echo', 1);
    const { printed, stop, ended } = watching([...EVERY_SECOND, '--type', 'greet'], url);
    await expect.poll(printed).toMatch(new RegExp(`^\\S+Z {2}${id} {2}greet {2}queued\n$`));
    await invoke(world);
    await expect.poll(printed).toMatch(new RegExp(`\n\\S+Z {2}${id} {2}greet {2}succeeded\n$`));
    const other = await client.submit('greet', { name: 'Bob' });
    await expect.poll(printed).toContain(other.id);
    stop();
    await ended;
    expect(printed()).not.toContain('echo');
    expect(printed().trimEnd().split('\n')).toHaveLength(3);
  });

  test('prints what the API answers, for programs', async () => {
    const { url, client } = await startUnkindApi();
    const { id } = await client.submit('greet', { name: 'Ada' });
    const { printed, stop, ended } = watching([...EVERY_SECOND, '--json'], url);
    await expect.poll(printed).toMatch(/\n$/);
    stop();
    await ended;
    expect(JSON.parse(printed())).toEqual((await client.list().page()).items[0]);
    expect(JSON.parse(printed())).toMatchObject({ id });
  });

  test('draws one table again and again in a terminal, no wider and no higher than that', async () => {
    const { url, client, world } = await startUnkindApi();
    await client.submitAll(Array.from({ length: 30 }, () => ({ type: 'greet', input: { name: 'Ada' } })));
    const terminal = startInTerminal(EVERY_SECOND, { env: environmentOf(url), columns: 76, rows: 12 });
    await expect.poll(terminal.shown).toMatch(/\d\d:\d\d:\d\d {2}20 queued\r\n/);
    for (let batch = 0; batch < 5; batch++) await invoke(world);
    await expect.poll(terminal.shown).toMatch(REDRAWN);
    terminal.type('\x03');
    expect(await terminal.ended).toBe(130);
    const drawn = terminal.shown().split('\r\x1b[J')[1]?.replaceAll(SEQUENCES, '').split('\r\n') ?? [];
    for (const line of drawn) expect(line.length).toBeLessThan(76);
    expect(drawn[2]).toMatch(/^\S{26}-0 {2}greet {2}succeeded {2}1 of 3 {3}\d+ h/);
    // The statuses have colours, unless nobody wants them.
    expect(terminal.shown()).toContain('\x1b[32msucceeded\x1b[39m');
    const plain = startInTerminal(EVERY_SECOND, { env: { ...environmentOf(url), NO_COLOR: '1' } });
    await expect.poll(plain.shown).toContain('succeeded');
    plain.type('\x03');
    await plain.ended;
    expect(plain.shown()).not.toContain('\x1b[32m');
  });
});

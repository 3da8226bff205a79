import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigError } from '../../../../lib/config-error.ts';
import { discoverTasks } from '../../../../lib/task-discovery.ts';

const project = process.cwd();
mkdirSync(join(project, '.millrace'), { recursive: true });
const scratch = mkdtempSync(join(project, '.millrace/schedules-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** Writes a definition with these schedules, and discovers it. */
function discover(schedule: string) {
  const folder = mkdtempSync(join(scratch, 'tasks-'));
  const text = `import * as z from 'zod';
    export const greet = { type: 'greet', description: '', resources: 'default', priority: 'normal', timeoutSeconds: 10,
      retry: { maxAttempts: 3, baseDelaySeconds: 1, maxDelaySeconds: 10 },
      input: z.strictObject({ name: z.string() }), run: async ({ name }) => name, schedule: ${schedule} };`;
  writeFileSync(join(folder, 'greet.ts'), text);
  return discoverTasks(relative(project, folder));
}
const told = (schedule: string): string => {
  try {
    discover(schedule);
    return 'nothing';
  } catch (error) {
    if (error instanceof ConfigError) return error.message.replace(/^.*greet\.ts: /, '');
    throw error;
  }
};

describe('the schedules of a definition', () => {
  it('are in the catalog as data, beside the type', async () => {
    const { catalogFile } = discover(
      "[{ cron: '0 9 * * *', timezone: 'Europe/Berlin', input: { name: 'Ada' }, overlap: 'skip' }, { rateMinutes: 5, input: { name: '__proto__' }, tenantId: 'acme' }]",
    );
    const { schedules } = await import(catalogFile);
    expect(schedules).toEqual([
      { type: 'greet', cron: '0 9 * * *', timezone: 'Europe/Berlin', input: { name: 'Ada' }, overlap: 'skip' },
      { type: 'greet', rateMinutes: 5, input: { name: '__proto__' }, tenantId: 'acme' },
    ]);
  });

  const ADA = "input: { name: 'Ada' }";
  it.each([
    ["{ cron: '@daily' }", 'the task type greet has schedule, which must be a list'],
    [`[{ cron: '61 * * * *', ${ADA} }]`, 'the task type greet has schedule[0].cron "61 * * * *", which cannot be read'],
    [`[{ cron: '* * * * * *', ${ADA} }]`, 'has schedule[0].cron "* * * * * *", which must have five fields'],
    [`[{ cron: '@daily', timezone: 'Mars', ${ADA} }]`, 'has schedule[0].timezone "Mars", which is no time zone'],
    [`[{ ${ADA} }]`, 'has schedule[0], which must have one of cron and rateMinutes'],
    [`[{ cron: '@daily', rateMinutes: 1, ${ADA} }]`, 'has schedule[0], which must have one of cron and rateMinutes'],
    [`[{ rateMinutes: 1, timezone: 'UTC', ${ADA} }]`, 'has schedule[0].timezone, which is for cron'],
    [`[{ rateMinutes: 0, ${ADA} }]`, 'has schedule[0], which cannot be read: rateMinutes'],
    [`[{ cron: '@daily', ${ADA}, overlap: 'skip', missed: 'all' }]`, 'has schedule[0].missed "all"'],
    [`[{ cron: '@daily', ${ADA}, tenantId: 'Acme!' }]`, 'has schedule[0], which cannot be read: tenantId'],
    [
      `[{ cron: '@daily', ${ADA} }, { cron: '@daily', input: { name: 7 } }]`,
      'has schedule[1].input, which its schema refuses: name',
    ],
    [`[{ cron: '@daily', input: { name: 'x'.repeat(9000) } }]`, 'has schedule[0].input of 9011 bytes, where 8192 fit'],
    [`[{ cron: '@daily', input: () => 1 }]`, 'has schedule[0].input, which is no JSON'],
    [`[{ cron: '@daily', ${ADA}, every: 'day' }]`, 'has schedule[0], which cannot be read:'],
  ])('%s are refused', (schedule, sentence) => {
    expect(told(schedule)).toContain(sentence);
  });
});

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newFolder, startCommand } from '../../../doubles/command.ts';
import type { startUnkindApi } from '../../client/unkind-api.ts';

type Api = Awaited<ReturnType<typeof startUnkindApi>>;

/** Makes a file of tasks in a folder of its own, which are told apart by their workflow instance. */
export function fileOf(lines: readonly (object | string)[]) {
  const cwd = newFolder();
  const texts = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
  writeFileSync(join(cwd, 'tasks.jsonl'), `${texts.join('\n')}\n`);
  const file = (name: string): string => join(cwd, name);
  const run = ({ url }: Pick<Api, 'url'>, ...options: string[]) =>
    startCommand(['import', 'tasks.jsonl', ...options], { cwd, env: { MILLRACE_URL: url, MILLRACE_KEY: 'mr_key' } });
  return { cwd, file, run };
}
export const greeting = (number: number): object => ({
  type: 'greet',
  input: { name: `Ada ${number}` },
  workflowInstanceId: `line-${number}`,
});
export const greetings = (count: number): object[] => Array.from({ length: count }, (_, place) => greeting(place + 1));

/** Returns how many tasks there are of each line. */
export async function tasksOf({ client }: Api): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for await (const { workflowInstanceId = '' } of client.list({ limit: 100 })) {
    counts[workflowInstanceId] = (counts[workflowInstanceId] ?? 0) + 1;
  }
  return counts;
}
export const onceEach = (count: number): Record<string, number> =>
  Object.fromEntries(greetings(count).map((_, place) => [`line-${place + 1}`, 1]));

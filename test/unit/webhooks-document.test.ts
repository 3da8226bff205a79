import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished, vi } from 'vitest';
import { systemIds } from '../../functions/adapters/system-ids.ts';
import { ROUTES } from '../../functions/contract.ts';
import { taskIdOf } from '../../functions/core/task/ids.ts';
import type { SucceededTask } from '../../functions/core/task/task.ts';
import { DELIVERY_WAITS, deliveryOf } from '../../functions/core/webhook/delivery.ts';
import { ROTATION_SECONDS, secretOf, signedHeaders } from '../../functions/core/webhook/signature.ts';
import { MAX_WEBHOOKS } from '../../functions/core/webhook/webhook.ts';
import { taskSeed } from '../doubles/task-seed.ts';

const document = readFileSync(join(import.meta.dirname, '../../docs/webhooks.md'), 'utf8');
const shown = (language: string): string =>
  new RegExp(`\`\`\`${language}\\n([\\s\\S]+?)\`\`\``).exec(document)?.[1] ?? '';

const SUBMITTED = Date.UTC(2026, 10, 28, 9, 30);
const { schedule: _, ...seed } = taskSeed({
  id: taskIdOf('01KB59FY21NP7H6QB49KRATWQ0', 0),
  createdAt: SUBMITTED,
  assignee: { type: 'user', id: 'u-1' },
  workflowInstanceId: 'import-7',
});
const task: SucceededTask = {
  ...seed,
  status: 'succeeded',
  attempt: 1,
  startedAt: SUBMITTED + 1_000,
  finishedAt: SUBMITTED + 2_000,
  output: { inline: { greeting: 'Hello Ada' } },
};
const { event } = deliveryOf(task, 'onEnd', { includeOutput: true }, 'millrace-');

it('the document of webhooks shows what is told', () => {
  expect(shown('json').trim()).toBe(JSON.stringify(event, null, 2));
});

it('the document of webhooks shows a receiver that takes what is signed, once, and refuses all else', async () => {
  const secret = secretOf(systemIds.signingKey());
  vi.stubEnv('WEBHOOK_SECRET', secret.secret);
  const lines: unknown[] = [];
  vi.spyOn(console, 'log').mockImplementation((line) => lines.push(line));
  const folder = mkdtempSync(join(tmpdir(), 'millrace-webhooks-'));
  onTestFinished(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
    rmSync(folder, { recursive: true });
  });
  const file = join(folder, 'shown.ts');
  const library = fileURLToPath(import.meta.resolve('standardwebhooks'));
  writeFileSync(file, shown('ts').replace("'standardwebhooks'", `'${library}'`));
  const { receiver } = (await import(file)) as { receiver: Server };
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void receiver.close());
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  const body = JSON.stringify(event);
  const tell = async (headers: Record<string, string>, sent = body) =>
    (await fetch(url, { method: 'POST', headers: { ...headers, connection: 'close' }, body: sent })).status;
  const headers = signedHeaders([secretOf(systemIds.signingKey()), secret], 'id-1', body, Date.now());
  expect([await tell(headers), await tell(headers)]).toEqual([204, 204]);
  expect(lines).toEqual([`task.succeeded: ${task.id}`]);
  expect(await tell(headers, `${body} `)).toBe(401);
  expect(await tell({})).toBe(401);
});

it('the document of webhooks names the calls and numbers that there are', () => {
  const calls = Object.keys(ROUTES);
  for (const [, call = ''] of document.matchAll(/`((?:GET|POST|DELETE|PATCH) \/api\/[^`?]+)/g)) {
    expect(calls).toContain(call.trim());
  }
  expect(document.replaceAll('\n', ' ')).toContain(`A tenant has up to ${MAX_WEBHOOKS} webhooks`);
  expect(document).toContain(`${ROTATION_SECONDS / 3_600} hours after a rotation`);
  const hours = DELIVERY_WAITS.reduce((sum, wait) => sum + wait, 0) / 3_600;
  expect(document).toContain(`${Math.ceil(hours)} hours the delivery has failed`);
});

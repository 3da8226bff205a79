import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { MINISTACK } from '../../local/python-venvs.mjs';

it('starts one process at a time for calls that wait in the local cloud, and refuses those that nobody waits for', async () => {
  const python = join(MINISTACK.venv, 'bin/python');
  const { stdout } = await promisify(execFile)(python, [join(import.meta.dirname, 'waiting_calls.py')], {
    env: { ...process.env, STATE_DIR: tmpdir(), PERSIST_STATE: '0', LOG_LEVEL: 'WARNING' },
  });
  const { reused, spawn, func_cap: refused } = JSON.parse(stdout);
  expect(reused).toBe(2);
  expect(spawn).toBeGreaterThanOrEqual(1);
  expect(spawn).toBeLessThanOrEqual(6);
  expect(reused + spawn + refused).toBe(40);
});

import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { MINISTACK } from '../../local/python-venvs.mjs';

it('hands over each message of a busy queue of the local cloud once, and loses none', async () => {
  const python = join(MINISTACK.venv, 'bin/python');
  const { stdout } = await promisify(execFile)(python, [join(import.meta.dirname, 'busy_queue.py')], {
    env: { ...process.env, STATE_DIR: tmpdir(), PERSIST_STATE: '0', LOG_LEVEL: 'WARNING' },
  });
  expect(JSON.parse(stdout)).toEqual({ received: 3_000, different: 3_000, left: 0 });
});

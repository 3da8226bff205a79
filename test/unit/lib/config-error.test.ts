import { execFile } from 'node:child_process';
import { describe, expect, test } from 'vitest';

const ROOT = new URL('../../../', import.meta.url).pathname;
const THROWN = "new ConfigError('preset is missing: write one\\nname is taken: write another')";
const TOLD = 'preset is missing: write one\nname is taken: write another\n';

type End = { readonly code: unknown; readonly stdout: string; readonly stderr: string };

const ended = (args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<End> =>
  new Promise((resolve) => {
    const options = { cwd: ROOT, env: { ...process.env, ...environment } };
    execFile(process.execPath, args, options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : error.code, stdout, stderr }),
    );
  });

/** Runs an app, and returns how it ends. */
const app = (text: string): Promise<End> => {
  const imports = `import { ConfigError } from '${ROOT}lib/config-error.ts';\n`;
  return ended(['--input-type=module', '--eval', imports + text]);
};

describe.concurrent('an app that does not catch a mistake of its configuration', () => {
  test.each([
    ['where it is evaluated', `throw ${THROWN};`],
    ['in a function that nobody awaits', `async function main() { throw ${THROWN}; }\nvoid main();`],
    ['in a callback', `setTimeout(() => { throw ${THROWN}; });`],
    ['after another that it has caught', `try { throw ${THROWN}; } catch {}\nthrow ${THROWN};`],
  ])('ends with its sentences alone: %s', async (_, text) => {
    expect(await app(text)).toEqual({ code: 1, stdout: '', stderr: TOLD });
  });

  test('ends with them as an app of the CDK', async () => {
    const { code, stderr } = await ended(['bin/millrace.ts'], { CDK_CONTEXT_JSON: '{"preset":"nope"}' });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^configuration preset is "nope": write "preset": "prod" .*\n$/);
  });

  test('still shows where any other error was thrown', async () => {
    const { code, stderr } = await app(`try { throw ${THROWN}; } catch {}\nthrow new TypeError('no key');`);
    expect(code).toBe(1);
    expect(stderr).toMatch(/TypeError: no key\n +at /);
  });

  test('takes it itself where it takes all errors', async () => {
    const taken = "process.on('uncaughtException', ({ message }) => { console.log(message); process.exit(7); });";
    expect(await app(`${taken}\nthrow ${THROWN};`)).toEqual({ code: 7, stdout: TOLD, stderr: '' });
  });
});

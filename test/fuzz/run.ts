/**
 * `npm run fuzz`: deploys the stacks to a local cloud of their own and lets Schemathesis try the API from its own OpenAPI
 * document. Arguments go to `schemathesis run`: `npm run fuzz -- --seed 7`.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLocalStack } from '../../local/local-stack.ts';

const folder = import.meta.dirname;
const environment = join(folder, '../../.millrace/fuzz');
/** What a function logs where it fails, and what Lambda does where it ends one. */
const OF_ERROR = /"level":"(error|critical)"|Task timed out|Runtime\.|exited/i;
const MAX_LINE = 1_000;
const MOST_LINES = 100;

/** Installs Schemathesis, pinned, into an environment of its own, unless it is there. */
function install(): void {
  const python = join(environment, 'bin/python');
  const steps: [string, string[]][] = existsSync(python) ? [] : [['python3', ['-m', 'venv', environment]]];
  const requirements = join(folder, 'requirements.txt');
  steps.push([
    python,
    ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', requirements],
  ]);
  for (const [command, args] of steps) {
    const { status } = spawnSync(command, args, { stdio: 'inherit' });
    if (status !== 0) throw new Error(`\`${[command, ...args].join(' ')}\` failed`);
  }
}

install();
const directory = await mkdtemp(join(tmpdir(), 'millrace-fuzz-'));
const errors: string[] = [];
const stack = await startLocalStack({
  stateDirectory: directory,
  // What is behind an answer that the document does not know stands in a log, which goes with the cloud.
  onLog: ({ function: name, line }) => {
    if (OF_ERROR.test(line)) errors.push(`${new Date().toISOString()} ${name}: ${line.slice(0, MAX_LINE)}`);
  },
});
try {
  const url = `${stack.url}/api/openapi.json`;
  const args = ['--config-file', join(folder, 'schemathesis.toml'), 'run', url, '--url', stack.url];
  const fuzz = spawn(join(environment, 'bin/schemathesis'), [...args, ...process.argv.slice(2)], {
    cwd: directory,
    stdio: 'inherit',
    env: {
      ...process.env,
      SCHEMATHESIS_HOOKS: 'hooks',
      PYTHONPATH: folder,
      PYTHONDONTWRITEBYTECODE: '1',
      MILLRACE_API_KEY: stack.apiKey,
    },
  });
  const [code] = await once(fuzz, 'exit');
  process.exitCode = code ?? 1;
  console.log(`${errors.length} errors in the logs of the functions`);
  for (const line of errors.slice(-MOST_LINES)) console.log(line);
  if (code !== 0) await copyFile(join(directory, 'cloud/ministack.log'), join(environment, 'ministack.log'));
} finally {
  stack.kill();
  await stack.ended;
  await rm(directory, { recursive: true, force: true });
}

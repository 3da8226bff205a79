import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs, stripVTControlCharacters } from 'node:util';
import { printableLines } from '../cli/printable.ts';
import { type AwsTarget, foreignTarget } from './aws-target.ts';
import { PROJECT } from './clean-environment.ts';
import { type Context, contextOf } from './context.ts';
import { type LocalStack, startLocalStack } from './local-stack.ts';
import { SERVER_SCRIPT } from './ministack.ts';
import { CommandFailure, signalGroup } from './process-group.ts';
import { streamProgress } from './progress.ts';
import { claimRecord, commandLineOf, earlierRun, readRecord, updateRecord } from './running-instance.ts';
import { onStopRequest, StopRequest } from './stop-request.ts';

const DIRECTORY = join(PROJECT, '.millrace');
const STATE = join(DIRECTORY, 'state');
/** Says that a run lives; `CONNECTION` says how to reach it, and is there only while it can be reached. */
const RECORD = join(DIRECTORY, 'run.json');
const CONNECTION = join(DIRECTORY, 'local.json');
const COMMAND_LINES = { run: 'local/start.ts', server: `${SERVER_SCRIPT} ${STATE}` };
const ORPHAN_SECONDS = 60;

const USAGE = `Usage: npm start [-- [--fresh] [-c name=value ...]]

  --fresh         forgets the tasks, keys and stacks of earlier runs
  -c, --context   configuration, as of cdk deploy: over that of cdk.json, with the preset dev
                  unless -c preset=prod

MILLRACE_ENDPOINT=http://… npm start uses a cloud that already runs instead of starting MiniStack.`;

const OPTIONS = {
  fresh: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
  context: { type: 'string', short: 'c', multiple: true, default: [] as string[] },
} as const;

/** A run that cannot be; its message is all that there is to say. */
class Refusal extends Error {}

const progress = streamProgress(process.stderr);

async function run(): Promise<void> {
  const { fresh, help, context } = readArguments();
  if (help) return console.log(USAGE);
  const target = await readEndpoint();
  mkdirSync(DIRECTORY, { recursive: true });
  await claimDirectory();
  const startup = new AbortController();
  let stack: LocalStack | undefined;
  const stopRequested = new Promise<StopRequest>((resolve) => {
    onStopRequest((request, isUrgent) => {
      startup.abort(request);
      resolve(request);
      if (isUrgent) stack?.kill();
    });
  });
  try {
    rmSync(CONNECTION, { force: true });
    if (fresh) rmSync(STATE, { recursive: true, force: true });
    const since = Date.now();
    stack = await startLocalStack({
      stateDirectory: STATE,
      progress,
      context,
      signal: startup.signal,
      onServer: (serverPid) => updateRecord(RECORD, { pid: process.pid, serverPid }),
      ...(target === undefined ? {} : { target }),
    });
    publish(stack, (Date.now() - since) / 1000);
    const end = await Promise.race([stopRequested, stack.ended]);
    if (!(end instanceof StopRequest)) {
      throw new Refusal(`MiniStack has ended by itself (${end.signal ?? end.code}); its log is in ${STATE}/cloud.`);
    }
    await stop(stack);
  } finally {
    rmSync(CONNECTION, { force: true });
    rmSync(RECORD, { force: true });
  }
}

function readArguments(): { fresh: boolean; help: boolean; context: Context } {
  try {
    const { context, ...values } = parseArgs({ options: OPTIONS }).values;
    return { ...values, context: contextOf(context) };
  } catch (error) {
    throw new Refusal(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
  }
}

async function readEndpoint(): Promise<AwsTarget | undefined> {
  const text = process.env.MILLRACE_ENDPOINT;
  if (text === undefined || text === '') return undefined;
  if (!/^https?:/.test(text) || !URL.canParse(text)) {
    throw new Refusal(`MILLRACE_ENDPOINT is "${text}", which is no address such as http://localhost:4566.`);
  }
  await fetch(text).catch(() => {
    throw new Refusal(`MILLRACE_ENDPOINT is ${text}, but nothing answers there.`);
  });
  return foreignTarget(text.replace(/\/+$/, ''), process.env);
}

/** Makes this the only run of the project, and clears away what a run that died has left. */
async function claimDirectory(): Promise<void> {
  const earlier = earlierRun(readRecord(RECORD), COMMAND_LINES, commandLineOf);
  if (earlier.kind === 'died') {
    progress.note('The last run was killed: going on with what was saved last.');
    if (earlier.orphan !== undefined) await endOrphan(earlier.orphan);
    rmSync(RECORD, { force: true });
  }
  if (earlier.kind === 'running' || !claimRecord(RECORD, { pid: process.pid })) {
    const url = earlier.kind === 'running' ? earlier.url : undefined;
    throw new Refusal(`Millrace already runs here${url === undefined ? ' and is starting' : ` at ${url}`}.`);
  }
}

/** A server without its parent ends by itself, once it has saved what it was to keep. */
async function endOrphan(pid: number): Promise<void> {
  await progress.step('Waiting for its MiniStack to end', async () => {
    const deadline = Date.now() + ORPHAN_SECONDS * 1000;
    while (commandLineOf(pid)?.includes(COMMAND_LINES.server) === true && Date.now() < deadline) await sleep(200);
    signalGroup({ pid }, 'SIGKILL');
  });
}

function publish({ url, apiKey, awsEndpoint, region, pid: serverPid }: LocalStack, seconds: number): void {
  const consoleUrl = `${url}/console`;
  // Real credentials are written nowhere: whoever reads this has them in the environment, as this run has.
  const credentials = serverPid === undefined ? 'environment' : 'any';
  const connection = { url, apiKey, consoleUrl, awsEndpoint, region, credentials };
  writeFileSync(CONNECTION, `${JSON.stringify(connection, undefined, 2)}\n`, { mode: 0o600 });
  updateRecord(RECORD, { pid: process.pid, serverPid, url });
  console.log(`
Millrace is running (ready after ${seconds.toFixed(1)} s).

  console        ${consoleUrl}
  API            ${url}
  key            ${apiKey}
  AWS endpoint   ${awsEndpoint}${serverPid === undefined ? '' : ` (region ${region}, any credentials)`}
  for programs   .millrace/local.json

Submit a task:

  curl -sS ${url}/api/tasks \\
    -H 'authorization: Bearer ${apiKey}' -H 'content-type: application/json' \\
    -d '{"type": "markdown.render", "input": {"markdown": "# Hello"}}'

Ctrl-C stops it and keeps its tasks; \`npm start -- --fresh\` begins with none.
`);
}

async function stop(stack: LocalStack): Promise<void> {
  const isSaved = await progress.step('Saving the tasks and stopping', () => stack.stop());
  if (!isSaved) progress.note('The tasks could not be saved (is the disk full?): the next run begins with none.');
}

/** What a command printed may have texts of tasks in it, and colors of its own. */
const textOf = (error: unknown): string => {
  if (error instanceof Refusal || error instanceof CommandFailure) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
};

for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {}); // whoever read them may be gone

try {
  await run();
} catch (error) {
  if (error instanceof StopRequest) process.exitCode = error.exitCode;
  else {
    console.error(printableLines(stripVTControlCharacters(textOf(error))));
    process.exitCode = 1;
  }
}
process.exit();

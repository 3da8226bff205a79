import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { CONTEXT_FLAGS, type Context, withContext } from '../cli/context-option.ts';
import { npmCommand, type Runnable, runnable } from '../cli/npm-command.ts';
import { printableLines } from '../cli/printable.ts';
import { compact } from '../functions/core/compact.ts';
import { announcement, connectionTo } from './announcement.ts';
import { type AwsTarget, foreignTarget } from './aws-target.ts';
import { PROJECT } from './clean-environment.ts';
import { exampleTask } from './example-task.ts';
import { type LocalStack, startLocalStack } from './local-stack.ts';
import type { LocalMillrace } from './millraces.ts';
import { type FunctionLog, SERVER_SCRIPT } from './ministack.ts';
import { CommandFailure, signalGroup } from './process-group.ts';
import { streamProgress } from './progress.ts';
import { installMiniStack } from './python-install.mjs';
import { claimRecord, commandLineOf, earlierRun, readRecord, updateRecord } from './running-instance.ts';
import { onStopRequest, StopRequest } from './stop-request.ts';
import { taskLogLine } from './watch/task-log.ts';

const DIRECTORY = join(PROJECT, '.millrace');
const STATE = join(DIRECTORY, 'state');
/** Says that a run lives; `CONNECTION` says how to reach it, and is there only while it can be reached. */
const RECORD = join(DIRECTORY, 'run.json');
const CONNECTION = join(DIRECTORY, 'local.json');
/** A run is known by the command that began it: `npm start` here, `millrace dev` in the app of a team. */
const COMMAND_LINES = {
  run: process.argv[1]?.endsWith('.ts') ? 'local/start.ts' : 'millrace',
  server: `${SERVER_SCRIPT} ${STATE}`,
};
const ORPHAN_SECONDS = 60;

const startCommand = npmCommand('npm start --', 'Runs Millrace on this machine, until Ctrl-C.')
  .option('--fresh', 'forget the tasks, keys and stacks of earlier runs')
  .option(
    CONTEXT_FLAGS,
    'configuration, as of cdk deploy: over that of cdk.json, with the preset dev unless -c preset=prod',
    withContext,
  )
  .addHelpText(
    'after',
    '\nMILLRACE_ENDPOINT=http://… npm start uses a cloud that already runs instead of starting MiniStack.',
  );

/** A run that cannot be; its message is all that there is to say. */
class Refusal extends Error {}

const progress = streamProgress(process.stderr);

async function run({ fresh, context = {} }: { fresh?: true; context?: Context }): Promise<void> {
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
    if (fresh === true) rmSync(STATE, { recursive: true, force: true });
    if (target === undefined) await installMiniStack(startup.signal);
    const since = Date.now();
    stack = await startLocalStack({
      stateDirectory: STATE,
      progress,
      context,
      signal: startup.signal,
      onServer: (serverPid) => updateRecord(RECORD, { pid: process.pid, serverPid }),
      onLog: showTaskLog,
      target,
    });
    await publish(
      stack,
      stack.millraces,
      `Millrace is running (ready after ${((Date.now() - since) / 1000).toFixed(1)} s).`,
    );
    const watching = watch(stack);
    const end = await Promise.race([stopRequested, stack.ended]);
    if (!(end instanceof StopRequest)) {
      throw new Refusal(`MiniStack has ended by itself (${end.signal ?? end.code}); its log is in ${STATE}/cloud.`);
    }
    await watching;
    await stop(stack);
  } finally {
    rmSync(CONNECTION, { force: true });
    rmSync(RECORD, { force: true });
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
    throw new Refusal(
      `Millrace already runs here${url === undefined ? ' and is starting' : ` at ${url}`}, and takes what you change by itself; stop it by Ctrl-C.`,
    );
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

/** Says how to call what runs: to programs, and to a person. */
async function publish(stack: LocalStack, millraces: readonly LocalMillrace[], news: string): Promise<void> {
  const url = millraces[0]?.url ?? '';
  writeFileSync(CONNECTION, `${JSON.stringify(connectionTo(stack, millraces), undefined, 2)}\n`, { mode: 0o600 });
  updateRecord(RECORD, compact({ pid: process.pid, serverPid: stack.pid, url }));
  console.log(`\n${news}\n${announcement(stack, millraces, await exampleTask(url, stack.apiKey))}`);
}

/** Keeps what runs at the files of the app, until the run is to end. */
async function watch(stack: LocalStack): Promise<void> {
  let published = JSON.stringify(stack.millraces);
  const onMillraces = async (millraces: readonly LocalMillrace[]): Promise<void> => {
    if (JSON.stringify(millraces) === published) return;
    published = JSON.stringify(millraces);
    await publish(stack, millraces, 'What runs is called in another way now.');
  };
  await stack.watch?.(onMillraces).catch((error: unknown) => {
    progress.note(`✗ Files are not watched any more: ${printableLines(textOf(error))}`);
  });
}

function showTaskLog(log: FunctionLog): void {
  const line = taskLogLine(log);
  if (line !== undefined) progress.note(line);
}

async function stop(stack: LocalStack): Promise<void> {
  const isSaved = await progress.step('Saving the tasks and stopping', () => stack.stop());
  if (!isSaved) progress.note('The tasks could not be saved (is the disk full?): the next run begins with none.');
}

/** Says why a run has ended, unless that was asked for, and sets the exit code. */
function report(error: unknown): void {
  if (error instanceof StopRequest) {
    process.exitCode = error.exitCode;
    return;
  }
  // What a command printed may have texts of tasks in it, and colours of its own.
  console.error(printableLines(stripVTControlCharacters(textOf(error))));
  process.exitCode = 1;
}

function textOf(error: unknown): string {
  if (error instanceof Refusal || error instanceof CommandFailure) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** Is the command `millrace dev`. Ends the process, whatever a run that failed has left open. */
export const start: Runnable = {
  command: startCommand,
  async run(commandLine) {
    for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {}); // whoever read them may be gone
    const command = runnable(startCommand, () =>
      run(startCommand.parse(commandLine, { from: 'user' }).opts()).catch(report),
    );
    await command.run(commandLine);
    process.exit();
  },
};

if (import.meta.main) await start.run(process.argv.slice(2));

#!/usr/bin/env node
import { Command } from 'commander';
import { refusalOfKey } from './deployment/refuse-keys.ts';
import { EXIT } from './exit-code.ts';
import type { Runnable } from './npm-command.ts';
import { packageDirectory, readManifest } from './package-manifest.ts';

/** Each command reads its own options, and is loaded when it is called: `millrace keys --help` tells its options. */
const COMMANDS: Readonly<Record<string, readonly [description: string, load: () => Promise<Runnable>]>> = {
  init: ['makes a small app in a new folder', async () => (await import('./init.ts')).init],
  dev: ['runs the app of this folder on this machine', async () => (await import('../local/start.ts')).start],
  doctor: ['says what a deploy would fail for', async () => (await import('./doctor.ts')).doctor],
  keys: ['makes, lists and revokes the keys of callers', async () => (await import('./keys.ts')).keys],
  logs: ['shows what tasks have logged', async () => (await import('./logs.ts')).logs],
  plan: ['says what becomes of a load, and what it costs', async () => (await import('../planner/index.ts')).plan],
  submit: ['submits a task', async () => (await import('./commands/submit.ts')).submit],
  get: ['shows a task', async () => (await import('./commands/get.ts')).get],
  list: ['lists tasks', async () => (await import('./commands/list.ts')).list],
  watch: ['shows tasks as they change', async () => (await import('./commands/watch.ts')).watch],
  wait: ['waits for a task, and prints its output', async () => (await import('./commands/wait.ts')).wait],
  cancel: ['cancels tasks', async () => (await import('./commands/cancel.ts')).cancel],
  retry: ['runs tasks again', async () => (await import('./commands/retry.ts')).retry],
  delete: ['deletes tasks that have ended', async () => (await import('./commands/delete.ts')).deleteTasks],
  'bulk-actions': [
    'shows and ends what is done to all tasks that fit a filter',
    async () => (await import('./commands/bulk-actions.ts')).bulkActions,
  ],
  import: ['submits the tasks of a file, each once', async () => (await import('./commands/import.ts')).importTasks],
  definitions: [
    'shows, pauses and tunes task types',
    async () => (await import('./commands/definitions.ts')).definitions,
  ],
  schedules: ['shows and changes schedules', async () => (await import('./commands/schedules.ts')).schedules],
  webhooks: ['shows and changes webhooks', async () => (await import('./commands/webhooks.ts')).webhooks],
  lanes: ['shows what waits in the lanes', async () => (await import('./commands/lanes.ts')).lanes],
  redrive: ['sends dead letters again', async () => (await import('./commands/redrive.ts')).redrive],
  'dead-letters': [
    'shows, sends again and drops single dead letters',
    async () => (await import('./commands/dead-letters.ts')).deadLetters,
  ],
  stats: ['counts what happened to tasks', async () => (await import('./commands/stats.ts')).stats],
  audit: ['lists who did what', async () => (await import('./commands/audit.ts')).audit],
  open: ['opens the console', async () => (await import('./commands/open.ts')).open],
  profiles: ['keeps the deployments to call', async () => (await import('./commands/profiles.ts')).profiles],
  completion: [
    'prints what completes these commands in a shell',
    async () => (await import('./commands/completion.ts')).completionOf(COMMANDS),
  ],
};

const refusal = refusalOfKey(process.argv.slice(2));
if (refusal !== undefined) {
  console.error(refusal);
  process.exit(EXIT.usage);
}
const program = new Command('millrace')
  .description('Runs tasks on AWS, and on this machine.')
  .version(readManifest(packageDirectory).version, '--version', 'show the version')
  .helpOption('--help', 'show this text')
  .helpCommand(false)
  .enablePositionalOptions()
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : EXIT.usage));
for (const [name, [description, load]] of Object.entries(COMMANDS)) {
  program
    .command(name)
    .description(description)
    .argument('[arguments...]')
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions()
    .action(async (commandLine) => (await load()).run(commandLine));
}
await program.parseAsync();

#!/usr/bin/env node
import { Command } from 'commander';
import { packageDirectory, readManifest } from './package-manifest.ts';

type Run = (commandLine: readonly string[]) => Promise<void>;

/** Each command reads its own options, and is loaded when it is called: `millrace keys --help` tells its options. */
const COMMANDS: Readonly<Record<string, readonly [description: string, load: () => Promise<Run>]>> = {
  init: ['makes a small app in a new folder', async () => (await import('./init.ts')).init],
  dev: ['runs the app of this folder on this machine', async () => (await import('../local/start.ts')).start],
  doctor: ['says what a deploy would fail for', async () => (await import('./doctor.ts')).doctor],
  keys: ['makes, lists and revokes the keys of callers', async () => (await import('./keys.ts')).keys],
  logs: ['shows what tasks have logged', async () => (await import('./logs.ts')).logs],
  plan: ['says what becomes of a load, and what it costs', async () => (await import('../planner/index.ts')).plan],
};

const program = new Command('millrace')
  .description('Runs tasks on AWS, and on this machine.')
  .version(readManifest(packageDirectory).version, '--version', 'show the version')
  .helpOption('--help', 'show this text')
  .helpCommand(false)
  .enablePositionalOptions();
for (const [name, [description, load]] of Object.entries(COMMANDS)) {
  program
    .command(name)
    .description(description)
    .argument('[arguments...]')
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions()
    .action(async (commandLine) => (await load())(commandLine));
}
await program.parseAsync();

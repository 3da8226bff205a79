import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { printableLines } from '../../cli/printable.ts';
import { assemblyOf, type CdkOptions, readStacks, type StackOutputs, synthesize } from '../cdk.ts';
import { PROJECT } from '../clean-environment.ts';
import { type DeploymentOptions, deploySynthesized } from '../deployment.ts';
import type { MiniStack } from '../ministack.ts';
import type { Progress } from '../progress.ts';
import { readBundles } from './bundles.ts';
import { LiveCode, type Update } from './live-code.ts';
import { PlacedCode } from './placed-code.ts';
import { type Save, SavedFiles } from './saved-files.ts';
import { templatesWithoutCode } from './templates.ts';

export type WatchedApp = {
  readonly server: MiniStack;
  /** It was deployed with these; when their signal is aborted, the watch ends. */
  readonly cdk: CdkOptions;
  readonly deployment: DeploymentOptions;
  /** When that began, in milliseconds of the epoch: what has been saved since may not be in it. */
  readonly since: number;
  readonly progress: Progress;
  /** Is called when the app has been deployed again. */
  readonly onDeployed: (outputs: StackOutputs) => Promise<void>;
};

/** Other functions than executors get their code when nothing more has been saved for so long. */
const PAUSE_MILLISECONDS = 1_000;
const MEANWHILE = 'what was saved meanwhile';

/**
 * Keeps what runs at the files of an app, until it is aborted: code that is saved is put in place, and where more has changed than
 * code, the app is deployed again.
 */
export async function watchApp({ server, cdk, deployment, since, progress, onDeployed }: WatchedApp): Promise<void> {
  const scratch = join(PROJECT, '.millrace');
  await mkdir(scratch, { recursive: true });
  const placed = new PlacedCode(new LambdaClient(cdk.target.client), join(cdk.directory, 'placed-code.json'));
  const code = new LiveCode(placed, PROJECT, scratch);
  const files = await SavedFiles.of(PROJECT, since);
  /** What the templates said that were deployed last; `undefined` where a deploy has failed, and was taken back. */
  let templates: string | undefined;
  /** Whether the app, but for its code, may have changed since then. */
  let isBehind = false;

  async function readSynthesized() {
    const [stacks, bundles] = await Promise.all([readStacks(cdk.directory), readBundles(assemblyOf(cdk.directory))]);
    return { bundles, templates: await templatesWithoutCode(stacks, bundles) };
  }

  async function takeSave({ paths, at }: Save): Promise<void> {
    const { inputs } = code;
    const isOfApp = paths.some((path) => !inputs.has(path) || !existsSync(path));
    const update = await code.update(paths);
    const names = paths.map((path) => relative(PROJECT, path)).join(', ');
    if (update.isInPlace) tell(`✓ ${names} in place after ${((Date.now() - at) / 1000).toFixed(1)} s`);
    isBehind ||= isOfApp || update.needsSynth;
    // Where a file is new or gone, a synth says better what is wrong.
    if (isOfApp) await takeApp();
    else if (update.problems.length > 0) tellProblems(update, names);
    else if (isBehind) await takeApp();
  }

  /** Gives functions their code that the last save has left for later. */
  async function finish(): Promise<void> {
    tellProblems(await code.update([]), MEANWHILE);
  }

  async function takeApp(): Promise<void> {
    try {
      await progress.step('Building the stacks', () => synthesize(cdk, deployment.context, deployment.app));
      const synthesized = await readSynthesized();
      const isDeployed = synthesized.templates !== templates;
      if (isDeployed) await progress.step('Deploying what has changed', deployAgain);
      templates = synthesized.templates;
      const update = await code.begin(synthesized.bundles, { isDeployed });
      isBehind = update.needsSynth;
      tellProblems(update, MEANWHILE);
      if (isDeployed || update.isInPlace) tell('✓ the app runs as its files are now');
    } catch (error) {
      tellFailure('the app runs as before', error);
    }
  }

  async function deployAgain(): Promise<void> {
    templates = undefined;
    await server.beginDeploy();
    try {
      await onDeployed(await deploySynthesized(cdk, deployment.environment));
    } catch (error) {
      await server.keep();
      // With the templates, CloudFormation takes the code back to what it knows of.
      await code.restore();
      throw error;
    }
  }

  function tellProblems({ problems }: Update, names: string): void {
    if (problems.length > 0) tell([`✗ ${names} not in place, the code before goes on:`, ...problems].join('\n    '));
  }

  function tellFailure(what: string, error: unknown): void {
    cdk.signal.throwIfAborted();
    tell(`✗ ${what}: ${error instanceof Error ? error.message : String(error)}`);
  }

  /** What it tells has texts of others in it. */
  function tell(text: string): void {
    progress.note(printableLines(stripVTControlCharacters(text)));
  }

  try {
    const deployed = await readSynthesized();
    templates = deployed.templates;
    tellProblems(await code.begin(deployed.bundles, { isDeployed: true }), MEANWHILE);
    tell('Files are watched: what you save is in place within seconds.');
    for (let pause = PAUSE_MILLISECONDS; ; ) {
      await files.add(code.inputs);
      const save = await files.next(cdk.signal, code.isUnfinished ? pause : undefined);
      const taken = save === undefined ? finish() : takeSave(save);
      await taken.catch((error) => tellFailure('not in place', error));
      pause = save === undefined ? 0 : PAUSE_MILLISECONDS;
    }
  } catch (error) {
    if (!cdk.signal.aborted) throw error;
  } finally {
    await Promise.all([files.close(), code.dispose()]);
  }
}

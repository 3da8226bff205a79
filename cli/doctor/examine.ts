import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Context } from '../context-option.ts';
import { SET_REGION } from '../npm-command.ts';
import { SynthesisFailure } from '../synthesis.ts';
import type { Account, Identity } from './account.ts';
import { checkBootstrap, checkConcurrency, checkIdentity, checkNode, checkPython, checkStack } from './checks.ts';
import { type Finding, failed, ok, skipped } from './finding.ts';
import { type PlannedStack, synthesize } from './synthesis.ts';

export type Examination = {
  /** The directory of the app's `cdk.json`. */
  readonly project: string;
  readonly context: Context;
  readonly account: Account;
  /** The environment that the app is synthesized in. */
  readonly environment: NodeJS.ProcessEnv;
};

/** Where stacks go. */
type Place = { readonly identity: Identity; readonly region: string };

/** Looks at all that a deploy of an app needs, and changes nothing. */
export async function examine({ project, context, account, environment }: Examination): Promise<Finding[]> {
  const here = [checkNode(process.versions.node), checkPython(await pythonVersion())];
  const region = await regionOf(account);
  const identity =
    typeof region === 'string' ? await identityOf(account) : skipped('credentials', 'there is no region');
  const isKnown = !('status' in identity);
  const stacks = await stacksOf(project, context, isKnown ? environment : { ...environment, ...NOBODY });
  const found = [
    ...here,
    typeof region === 'string' ? ok('region', region) : region,
    isKnown ? checkIdentity(identity, Array.isArray(stacks) ? stacks.map((stack) => stack.account) : []) : identity,
    Array.isArray(stacks) ? ok('app', stacks.map(({ stackName }) => stackName).join(', ')) : stacks,
  ];
  if (!isKnown || typeof region !== 'string' || !Array.isArray(stacks)) {
    const missing = isKnown ? 'the app' : 'credentials';
    return [
      ...found,
      ...['bootstrap', 'concurrency', 'stacks'].map((check) => skipped(check, `not looked at without ${missing}`)),
    ];
  }
  // What goes to another account is asked for with its own credentials, which the CDK assumes and this does not.
  const own = stacks.filter((stack) => stack.account === undefined || stack.account === identity.account);
  const regions = Map.groupBy(own, (stack) => stack.region ?? region);
  const ofRegions = [...regions].map(([name, some]) => examineRegion(account, { identity, region: name }, some));
  return [...found, ...(await Promise.all(ofRegions)).flat()];
}

/** Without this, the CDK looks for credentials where only machines of AWS have them, for seconds. */
const NOBODY = { AWS_EC2_METADATA_DISABLED: 'true' };

async function pythonVersion(): Promise<string | undefined> {
  try {
    return (await promisify(execFile)('python3', ['--version'])).stdout.trim();
  } catch {
    return undefined;
  }
}

async function regionOf(account: Account): Promise<string | Finding> {
  try {
    return await account.region();
  } catch {
    return failed('region', 'none is set', SET_REGION);
  }
}

async function identityOf(account: Account): Promise<Identity | Finding> {
  try {
    return await account.identity();
  } catch (error) {
    const mend = 'set AWS_PROFILE, or log in with `aws sso login`; `aws sts get-caller-identity` then says who you are';
    return failed('credentials', `AWS takes none: ${reasonOf(error)}`, mend);
  }
}

async function stacksOf(project: string, context: Context, environment: NodeJS.ProcessEnv) {
  const output = await mkdtemp(join(tmpdir(), 'millrace-doctor-'));
  try {
    return await synthesize(project, output, context, environment);
  } catch (error) {
    if (error instanceof SynthesisFailure)
      return failed('app', error.message, 'mend it: nothing can be deployed until it synthesizes');
    throw error;
  } finally {
    await rm(output, { recursive: true, force: true });
  }
}

async function examineRegion(account: Account, place: Place, stacks: readonly PlannedStack[]): Promise<Finding[]> {
  const parts = await Promise.all([
    asked('bootstrap', () => bootstraps(account, place, stacks)),
    asked('concurrency', () => reservations(account, place, stacks)),
    asked('stacks', () => states(account, place, stacks)),
  ]);
  return parts.flat();
}

/** Tells of a question that AWS does not answer, mostly for want of a permission, and lets the others be asked. */
async function asked(check: string, question: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await question();
  } catch (error) {
    return [
      failed(
        check,
        `AWS does not say: ${reasonOf(error)}`,
        'allow these credentials to read it, or ask somebody who may',
      ),
    ];
  }
}

async function bootstraps(account: Account, { identity, region }: Place, stacks: readonly PlannedStack[]) {
  const wanted = new Map<string, number>();
  for (const { bootstrap } of stacks) {
    if (bootstrap === undefined) continue;
    wanted.set(bootstrap.parameter, Math.max(bootstrap.version, wanted.get(bootstrap.parameter) ?? 0));
  }
  const found = [...wanted].map(async ([parameter, version]) =>
    checkBootstrap(identity.account, region, version, await account.bootstrapVersion(region, parameter)),
  );
  return Promise.all(found);
}

async function reservations(account: Account, { region }: Place, stacks: readonly PlannedStack[]) {
  const all = stacks.flatMap((stack) => stack.reservations);
  const names = all.flatMap(({ functionName }) => functionName ?? []);
  const [limit, held] = await Promise.all([account.concurrency(region), account.reservedOf(region, names)]);
  const wanted = all.reduce((sum, { reserved }) => sum + reserved, 0);
  return [checkConcurrency(region, limit, wanted, held)];
}

async function states(account: Account, { region }: Place, stacks: readonly PlannedStack[]) {
  const statuses = await Promise.all(
    stacks.map(async ({ stackName }) => [stackName, await account.stackStatus(region, stackName)] as const),
  );
  const findings = statuses.flatMap(([name, status]) => checkStack(name, status) ?? []);
  if (findings.length > 0) return findings;
  const there = statuses.filter(([, status]) => status !== undefined).length;
  return [
    ok(
      'stacks',
      there === 0 ? `none is there yet in ${region}` : `${there} of ${stacks.length} are there in ${region}`,
    ),
  ];
}

/** AWS's own words, with the name of what it refuses by. */
const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  return error.message === '' ? error.name : error.message;
};

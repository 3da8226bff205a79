import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import * as z from 'zod';
import { type AssembledStack, readStacks } from '../cloud-assembly.ts';
import type { Context } from '../context-option.ts';

/** What the doctor needs to know of a stack that is to be deployed. */
export type PlannedStack = AssembledStack & { readonly reservations: readonly Reservation[] };

/** Concurrent executions that a function has for itself. */
export type Reservation = {
  /** `undefined` where CloudFormation makes it up. */
  readonly functionName: string | undefined;
  readonly reserved: number;
};

/** Says why there is nothing to look at. */
export class SynthesisFailure extends Error {}

/** The CLI says so below what the app has said of itself. */
const LINE_OF_CDK = /^((.+: )?Subprocess exited with error \d+|NOTICES|.+ > \d+ms.*)$/;

const templateSchema = z.object({
  Resources: z.record(
    z.string(),
    z.object({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).default({}) }),
  ),
});

/** Synthesizes the app of a directory into another, as a deploy would. Throws `SynthesisFailure` with what the app has to say. */
export async function synthesize(
  project: string,
  output: string,
  context: Context,
  environment: NodeJS.ProcessEnv,
): Promise<PlannedStack[]> {
  const pairs = Object.entries(context).flatMap(([name, value]) => ['--context', `${name}=${value}`]);
  const args = [cdkOf(project), 'synth', '--quiet', '--output', output, ...pairs, '--no-notices', '--no-color'];
  await new Promise<void>((resolve, reject) => {
    execFile(
      process.execPath,
      args,
      { cwd: project, env: environment, maxBuffer: 1 << 24 },
      (error, stdout, stderr) => {
        if (error === null) resolve();
        else reject(new SynthesisFailure(sentenceOf(`${stderr}\n${stdout}`)));
      },
    );
  });
  return Promise.all(
    (await readStacks(output)).map(async (stack) => ({ ...stack, reservations: await reservationsOf(stack) })),
  );
}

/** Returns the CLI of the project, or else that which came with this. Throws `SynthesisFailure` where there is neither. */
function cdkOf(project: string): string {
  for (const from of [join(project, 'package.json'), import.meta.filename]) {
    try {
      return join(dirname(createRequire(from).resolve('aws-cdk/package.json')), 'bin/cdk');
    } catch {}
  }
  throw new SynthesisFailure('there is no CDK here: npm install --save-dev aws-cdk');
}

function sentenceOf(output: string): string {
  const lines = stripVTControlCharacters(output).split('\n');
  const said = lines.filter((line) => line.trim() !== '' && !LINE_OF_CDK.test(line.trim()));
  return said.length === 0 ? 'the app ends with an error and says nothing' : said.slice(0, 12).join('\n');
}

async function reservationsOf({ templateFile }: AssembledStack): Promise<Reservation[]> {
  const { Resources } = templateSchema.parse(JSON.parse(await readFile(templateFile, 'utf8')));
  return Object.values(Resources).flatMap(({ Type, Properties }) => {
    const { FunctionName: name, ReservedConcurrentExecutions: reserved } = Properties;
    if (Type !== 'AWS::Lambda::Function' || typeof reserved !== 'number') return [];
    return [{ functionName: typeof name === 'string' ? name : undefined, reserved }];
  });
}

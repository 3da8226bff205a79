import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { type AssembledStack, readStacks } from '../cloud-assembly.ts';
import type { Context } from '../context-option.ts';
import { synthesizeApp } from '../synthesis.ts';

/** What the doctor needs to know of a stack that is to be deployed. */
export type PlannedStack = AssembledStack & { readonly reservations: readonly Reservation[] };

/** Concurrent executions that a function has for itself. */
export type Reservation = {
  /** `undefined` where CloudFormation makes it up. */
  readonly functionName: string | undefined;
  readonly reserved: number;
};

const templateSchema = z.object({
  Resources: z.record(
    z.string(),
    z.object({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).default({}) }),
  ),
});

/** Synthesizes the app of a directory into another, and returns its stacks. Throws `SynthesisFailure` with what the app has to say. */
export async function synthesize(
  project: string,
  output: string,
  context: Context,
  environment: NodeJS.ProcessEnv,
): Promise<PlannedStack[]> {
  await synthesizeApp(project, output, context, environment, 'whole');
  return Promise.all(
    (await readStacks(output)).map(async (stack) => ({ ...stack, reservations: await reservationsOf(stack) })),
  );
}
async function reservationsOf({ templateFile }: AssembledStack): Promise<Reservation[]> {
  const { Resources } = templateSchema.parse(JSON.parse(await readFile(templateFile, 'utf8')));
  return Object.values(Resources).flatMap(({ Type, Properties }) => {
    const { FunctionName: name, ReservedConcurrentExecutions: reserved } = Properties;
    if (Type !== 'AWS::Lambda::Function' || typeof reserved !== 'number') return [];
    return [{ functionName: typeof name === 'string' ? name : undefined, reserved }];
  });
}

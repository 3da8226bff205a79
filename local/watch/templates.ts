import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import type { AssembledStack } from '../../cli/cloud-assembly.ts';
import type { Bundle } from './bundles.ts';

const templateSchema = z.looseObject({
  Resources: z.record(z.string(), z.looseObject({ Properties: z.looseObject({}).optional() })).default({}),
});

/** The CDK calls a version after the hash of its function, with that of its code. */
const VERSION = /(CurrentVersion[0-9A-F]{8})[0-9a-f]{32}/g;

/**
 * Writes what the templates of stacks say, but for the code of bundles: where that is the same as of what is deployed, there is
 * nothing to deploy.
 */
export async function templatesWithoutCode(
  stacks: readonly AssembledStack[],
  bundles: readonly Bundle[],
): Promise<string> {
  const names = new Set<unknown>(bundles.flatMap(({ functionNames }) => functionNames));
  const texts = stacks.map(async ({ stackName, templateFile }) => {
    const { Resources, ...template } = templateSchema.parse(JSON.parse(await readFile(templateFile, 'utf8')));
    const resources = Object.entries(Resources).map(([id, { Metadata: _, Properties = {}, ...resource }]) => {
      const { Code, ...others } = Properties;
      return [id, { ...resource, Properties: names.has(others.FunctionName) ? others : Properties }];
    });
    return JSON.stringify([stackName, template, resources]).replaceAll(VERSION, '$1');
  });
  return (await Promise.all(texts)).toSorted().join('\n');
}

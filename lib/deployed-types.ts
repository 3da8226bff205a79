import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Annotations } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import * as z from 'zod';
import { tighteningsOf } from './discovery/tightenings.ts';
import type { TaskMetadata } from './task-metadata.ts';

/** `millrace definitions save` writes it beside `cdk.json`: what is deployed, by the names of deployments. */
const DEPLOYED_FILE = 'millrace.deployed.json';

const deploymentsSchema = z.record(
  z.string(),
  z.object({
    savedAt: z.string(),
    types: z.record(
      z.string(),
      z.object({ inputSchema: z.record(z.string(), z.unknown()), waiting: z.number().optional() }),
    ),
  }),
);
type Deployed = z.infer<typeof deploymentsSchema>[string];

/** So many refusals of a type are told: more of them say no more. */
const MOST_TOLD = 5;

/**
 * Warns of what a deploy would do to tasks that wait: of types whose input has become narrower than the one that is deployed, and of
 * types that leave. Nobody is asked at a synth: what is deployed stands in a file, and without it nothing is said. A file of other
 * deployments alone is told as well, since a name that is another protects nothing.
 */
export function tellWhatWaits(
  part: Construct,
  name: string,
  definitions: readonly Pick<TaskMetadata, 'type' | 'file' | 'inputSchema'>[],
  project = process.cwd(),
): void {
  const tell = (id: string, sentence: string): void =>
    Annotations.of(part).addWarningV2(`millrace:${id}`, `${sentence} (docs/deployments.md, "What waits")`);
  const deployments = readDeployed(project, (reason) =>
    tell('deployedFile', `${DEPLOYED_FILE} cannot be read: ${reason}`),
  );
  if (deployments === undefined) return;
  const deployed = deployments[name];
  if (deployed === undefined) {
    const others = Object.keys(deployments).join(', ');
    const sentence = `${DEPLOYED_FILE} says nothing of ${name}${others === '' ? '' : `, only of ${others}`}: "millrace definitions save ${name}" writes it`;
    Annotations.of(part).addInfoV2('millrace:deployedFile', sentence);
    return;
  }
  const now = new Map(definitions.map((definition) => [definition.type, definition]));
  for (const [type, { inputSchema, waiting }] of Object.entries(deployed.types)) {
    const definition = now.get(type);
    const sentence =
      definition === undefined
        ? `the task type ${type} leaves, which is deployed: tasks of it that wait fail as unknown_task_type. Keep it until none waits`
        : narrowed(definition, inputSchema);
    if (sentence === undefined) continue;
    const those = waiting === undefined ? '' : `. At ${deployed.savedAt}, ${waiting} of its tasks waited`;
    tell(`${definition === undefined ? 'leaving' : 'narrowed'}-${type}`, sentence + those);
  }
}

function narrowed(
  { type, file, inputSchema }: Pick<TaskMetadata, 'type' | 'file' | 'inputSchema'>,
  before: Deployed['types'][string]['inputSchema'],
): string | undefined {
  const found = tighteningsOf(before, inputSchema);
  if (found.length === 0) return undefined;
  const told = found.slice(0, MOST_TOLD).map(({ path, sentence }) => `${path === '' ? 'it' : path} ${sentence}`);
  const more = found.length > told.length ? `; and ${found.length - told.length} more` : '';
  const what = `${file}: the input of the task type ${type} is narrower than the one deployed: ${told.join('; ')}${more}`;
  return `${what}. A task that waits with what it refuses fails as invalid_input`;
}

function readDeployed(project: string, fail: (reason: string) => void): Record<string, Deployed> | undefined {
  let text: string;
  try {
    text = readFileSync(join(project, DEPLOYED_FILE), 'utf8');
  } catch {
    return undefined;
  }
  try {
    return deploymentsSchema.parse(JSON.parse(text));
  } catch (error) {
    fail(error instanceof z.ZodError ? z.prettifyError(error) : String(error));
    return undefined;
  }
}

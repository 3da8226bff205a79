import { createHash } from 'node:crypto';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';

type LeftOut = {
  readonly type: string;
  /** Only those resources of the type with this property are left out. */
  readonly having?: string;
  readonly reason: string;
};

const NO_SCALING = 'MiniStack has no Application Auto Scaling: there are as many environments as the load takes';

/** MiniStack refuses a template for these, each for what it lacks. Nothing else is taken out of a deployment. */
export const LEFT_OUT: readonly LeftOut[] = [
  { type: 'AWS::ApplicationAutoScaling::ScalableTarget', reason: NO_SCALING },
  { type: 'AWS::ApplicationAutoScaling::ScalingPolicy', reason: NO_SCALING },
  { type: 'AWS::CloudWatch::Alarm', having: 'Metrics', reason: 'MiniStack has no alarms on metric math' },
  { type: 'AWS::Logs::QueryDefinition', reason: 'MiniStack saves no queries of logs' },
];

const resourceSchema = z.looseObject({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  DependsOn: z.array(z.string()).optional(),
});
const templateSchema = z.looseObject({ Resources: z.record(z.string(), resourceSchema) });
type Resource = z.infer<typeof resourceSchema>;

const isLeftOut = ({ Type, Properties }: Resource): boolean =>
  LEFT_OUT.some(({ type, having }) => Type === type && (having === undefined || Properties[having] !== undefined));

/** Returns a template without what MiniStack refuses. Throws where something else needs more of it than to come later. */
export function withoutLeftOut(template: unknown): Record<string, unknown> {
  const { Resources, ...rest } = templateSchema.parse(template);
  const all = Object.entries(Resources);
  const left = new Set(all.flatMap(([id, resource]) => (isLeftOut(resource) ? [id] : [])));
  const kept = all.filter(([id]) => !left.has(id));
  const result = {
    ...rest,
    Resources: Object.fromEntries(
      kept.map(([id, { DependsOn, ...resource }]) => {
        const before = DependsOn?.filter((other) => !left.has(other));
        return [id, { ...resource, ...(before && { DependsOn: before }) }];
      }),
    ),
  };
  const text = JSON.stringify(result);
  for (const id of left) {
    if (text.includes(`"${id}"`)) throw new Error(`${id} cannot be left out: something refers to it.`);
  }
  return result;
}

/** Copies a cloud assembly without what MiniStack refuses of some stacks: theirs, by id, are the templates to deploy. */
export async function leaveOut(assembly: string, copy: string, stacks: readonly string[]): Promise<void> {
  await rm(copy, { recursive: true, force: true });
  // What was bundled is there twice: under its own name, and as the asset that it became.
  await cp(assembly, copy, { recursive: true, filter: (path) => !basename(path).startsWith('bundle.') });
  for (const stack of stacks) {
    const template = join(copy, `${stack}.template.json`);
    const before = await readFile(template, 'utf8');
    const after = JSON.stringify(withoutLeftOut(JSON.parse(before)));
    await writeFile(template, after);
    // The CLI uploads a template under the hash that it had, and does not upload again what is there already.
    for (const file of ['manifest.json', `${stack}.assets.json`].map((name) => join(copy, name))) {
      await writeFile(file, (await readFile(file, 'utf8')).replaceAll(sha256(before), sha256(after)));
    }
  }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildOptions } from 'esbuild';
import * as z from 'zod';

/** A synth leaves such a record beside each bundle (`lib/constructs/bundle.ts`). */
const RECORD = /^(bundle\..+)\.json$/;
const recordSchema = z.object({
  build: z.custom<BuildOptions>((value) => typeof value === 'object' && value !== null),
  inputs: z.array(z.string()),
  externals: z.array(z.string()),
  definitions: z.array(z.looseObject({ type: z.string(), file: z.string() })),
  functionNames: z.array(z.string()),
  runsHandlers: z.boolean(),
});

/** The code of some functions, as a synth has bundled it. */
export type Bundle = z.infer<typeof recordSchema> & { readonly name: string; readonly directory: string };

/** What a synth has found of a task type. */
export type Definition = Bundle['definitions'][number];

/** Reads which bundles a cloud assembly has. */
export async function readBundles(assembly: string): Promise<Bundle[]> {
  const names = (await readdir(assembly)).flatMap((name) => RECORD.exec(name)?.[1] ?? []);
  return Promise.all(
    names.map(async (name) => {
      const directory = join(assembly, name);
      return { name, directory, ...recordSchema.parse(JSON.parse(await readFile(`${directory}.json`, 'utf8'))) };
    }),
  );
}

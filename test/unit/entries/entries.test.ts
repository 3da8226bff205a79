import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');

/** Returns the packages that an entry may load, those first that it loads as soon as it is imported. */
async function packagesOf(entry: string): Promise<{ readonly atOnce: string[]; readonly later: string[] }> {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [`entries/${entry}.ts`],
    bundle: true,
    write: false,
    metafile: true,
    outdir: 'unused',
    splitting: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
  });
  const outputs = Object.values(metafile.outputs);
  const start = outputs.find(({ entryPoint }) => entryPoint === `entries/${entry}.ts`);
  const external = (imports: (typeof outputs)[number]['imports'] = []) =>
    imports.filter((one) => one.external && !one.path.startsWith('node:')).map(({ path }) => path);
  const chunks = new Set(start?.imports.filter(({ kind }) => kind === 'import-statement').map(({ path }) => path));
  const atOnce = Object.entries(metafile.outputs).flatMap(([path, output]) =>
    output === start || chunks.has(path) ? external(output.imports) : [],
  );
  const all = outputs.flatMap(({ imports }) => external(imports));
  return {
    atOnce: [...new Set(atOnce)].sort(),
    later: [...new Set(all)].filter((name) => !atOnce.includes(name)).sort(),
  };
}

describe('what a team imports', () => {
  it('loads no package for its tasks', async () => {
    expect(await packagesOf('index')).toEqual({ atOnce: [], later: [] });
  });

  it('loads nothing to call the API, and is small, without what only Node has', async () => {
    const { metafile, outputFiles } = await build({
      absWorkingDir: ROOT,
      entryPoints: ['entries/client.ts'],
      bundle: true,
      minify: true,
      write: false,
      metafile: true,
      format: 'esm',
      platform: 'neutral',
    });
    const code = outputFiles[0]?.text ?? '';
    expect(Object.keys(metafile.inputs).filter((path) => !/^(client|entries)\//.test(path))).toEqual([]);
    expect(Object.values(metafile.outputs).flatMap(({ imports }) => imports)).toEqual([]);
    expect(code).not.toMatch(/\b(process|Buffer|require|global|setImmediate|__dirname)\b/);
    expect(gzipSync(code).length).toBeLessThan(6_000);
  });

  it('loads none of AWS for their tests, and outgoing HTTP only for a request', async () => {
    expect(await packagesOf('testing')).toEqual({
      atOnce: ['p-limit', 'zod'],
      later: ['http-cache-semantics', 'lru-cache', 'undici'],
    });
  });
});

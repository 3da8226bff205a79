import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Stage } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { buildSync } from 'esbuild';
import { type BundledFiles, DOOR_BUILD, filesOf } from './door-build.ts';

const root = join(import.meta.dirname, '../..');
const bundles = new WeakMap<Stage, Map<string, string>>();

/**
 * Packages that are more than their code, with the files that are needed of them: they are shipped as they are, for the
 * doors whose threads run handlers. (Only `buildSync` fits into a synth, and it takes no plugin that would embed them.)
 */
const SHIPPED_WHOLE: Readonly<Record<string, readonly string[]>> = {
  '@imagemagick/magick-wasm': ['package.json', 'dist/index.js', 'dist/x86/magick.wasm', 'LICENSE', 'NOTICE'],
};

/**
 * Bundles the code of a door (`functions/<door>/index.ts`), and of its threads if it has any (`thread.ts`). `files`, by path, go
 * with it. Each door is bundled once in a synth.
 */
export function bundle(scope: Construct, door: string, files: BundledFiles = {}): Code {
  const stage = Stage.of(scope) as Stage;
  const bundled = bundles.get(stage) ?? new Map<string, string>();
  bundles.set(stage, bundled);
  let directory = bundled.get(door);
  if (directory === undefined) {
    directory = join(stage.outdir, `bundle.${door}`);
    const built = buildSync({
      ...DOOR_BUILD,
      entryPoints: ['index.ts', 'thread.ts'].map((file) => join(root, 'functions', door, file)).filter(existsSync),
      // Source maps tell files from here: two levels below the root, as /var/task is, and not wherever a synth writes.
      outdir: join(root, 'dist', door),
      external: [...DOOR_BUILD.external, ...Object.keys(SHIPPED_WHOLE)],
    });
    // A chunk's name has its hash: those of an earlier synth would be deployed too.
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory, { recursive: true });
    const written = {
      ...files,
      ...(existsSync(join(root, 'functions', door, 'thread.ts')) && filesOfPackages()),
      ...filesOf(built),
    };
    for (const [path, contents] of Object.entries(written)) {
      mkdirSync(dirname(join(directory, path)), { recursive: true });
      writeFileSync(join(directory, path), contents);
    }
    bundled.set(door, directory);
  }
  return Code.fromAsset(directory);
}

function filesOfPackages(): BundledFiles {
  const paths = Object.entries(SHIPPED_WHOLE).flatMap(([name, files]) =>
    files.map((file) => join('node_modules', name, file)),
  );
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(root, path))]));
}

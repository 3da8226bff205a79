import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { buildSync } from 'esbuild';
import { CONSOLE_SITE } from '../../functions/contract.ts';
import type { BundledFiles } from './door-build.ts';

const room = join(import.meta.dirname, '../../console');

/** Returns the console: its page, and the script and style that the page names by hash; each plain, brotli and gzip. */
export function consoleSite(): BundledFiles {
  const files = Object.entries(existsSync(join(room, 'main.tsx')) ? builtConsole() : readConsole());
  return Object.fromEntries(
    files.flatMap(([name, contents]) => [
      [`${CONSOLE_SITE}/${name}`, contents],
      [`${CONSOLE_SITE}/${name}.br`, brotli(contents)],
      [`${CONSOLE_SITE}/${name}.gz`, gzipSync(contents, { level: constants.Z_BEST_COMPRESSION })],
    ]),
  );
}

/** Reads the console that the package has, as `builtConsole` made it. */
const readConsole = (): BundledFiles =>
  Object.fromEntries(readdirSync(room).map((name) => [name, readFileSync(join(room, name))]));

/** Builds the page, and the script and style that it names. */
export function builtConsole(): BundledFiles {
  const { outputFiles } = buildSync({
    entryPoints: [join(room, 'main.tsx'), join(room, 'main.css')],
    tsconfig: join(room, 'tsconfig.json'),
    entryNames: '[name]-[hash]',
    outdir: 'dist/console',
    write: false,
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2024',
    minify: true,
    legalComments: 'none',
    logLevel: 'error',
  });
  const assets = outputFiles.map(({ path, contents }) => ({ name: basename(path), contents }));
  const page = assets.reduce(
    (html, { name }) => html.replace(`console/main${extname(name)}`, `console/${name}`),
    readFileSync(join(room, 'index.html'), 'utf8'),
  );
  const files = assets.map(({ name, contents }): [string, Uint8Array] => [name, contents]);
  return { ...Object.fromEntries(files), 'index.html': new TextEncoder().encode(page) };
}

const brotli = (contents: Uint8Array): Uint8Array =>
  brotliCompressSync(contents, { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } });

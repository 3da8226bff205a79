import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What commands read of a `package.json`. */
export type Manifest = {
  readonly version: string;
  readonly type?: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly allowScripts?: Readonly<Record<string, boolean>>;
};

/** Millrace's own: around `dist/` in the package, and around this folder in the repository. */
export const packageDirectory = join(import.meta.dirname, import.meta.filename.endsWith('.ts') ? '..' : '../..');

export const readManifest = (directory: string): Manifest =>
  JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));

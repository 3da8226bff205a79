import { statSync } from 'node:fs';
import { join } from 'node:path';
import { scriptsInTheWay } from './manifest.ts';
import type { Written } from './written.ts';

/** What a folder may have of these is completed, or stays. */
const MAY_BE_THERE = ['README.md', '.gitignore', 'package.json'];

/** Names all that a folder has where the app's files, folders and scripts would go. */
export function clashesIn(folder: string, app: readonly Written[]): string[] {
  const clashes = app.flatMap((written) => {
    const { file } = written;
    if (file === 'package.json')
      return scriptsInTheWay(folder, written).map((name) => `script ${name} of package.json`);
    if (MAY_BE_THERE.includes(file)) return [];
    return partsOf(file).filter((path) => {
      const there = statSync(join(folder, path), { throwIfNoEntry: false });
      return there !== undefined && (path === file || !there.isDirectory());
    });
  });
  return [...new Set(clashes)];
}

/** Returns a path with the folders that it leads through: `bin` and `bin/app.ts`. */
const partsOf = (file: string): string[] =>
  file.split('/').map((_, place, parts) => parts.slice(0, place + 1).join('/'));

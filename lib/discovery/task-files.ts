import { readdirSync, statSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { ConfigError } from '../config-error.ts';

const MODULE = /\.[cm]?[jt]sx?$/;
const NO_TASKS = /\.d\.[cm]?ts$|\.(test|spec)\.[cm]?[jt]sx?$/;
const PASSED_OVER = /^(\..*|node_modules|__tests__|__mocks__)$/;

/** Returns the modules below a folder, tests left out, as paths from the project's directory on. */
export function taskFiles(project: string, folder: string): string[] {
  const root = resolve(project, folder);
  if (!statSync(root, { throwIfNoEntry: false })?.isDirectory()) {
    throw new ConfigError(
      `there is no folder ${folder} in ${project}: \`tasks\` names the one that has the task definitions`,
    );
  }
  const files = filesBelow(root).filter((file) => MODULE.test(file) && !NO_TASKS.test(file));
  return files.map((file) => relative(project, file).split(sep).join('/')).toSorted();
}

const filesBelow = (directory: string): string[] =>
  readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return PASSED_OVER.test(entry.name) ? [] : filesBelow(path);
    return entry.isFile() ? [path] : [];
  });

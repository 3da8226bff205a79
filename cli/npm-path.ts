import { delimiter, dirname, join } from 'node:path';

/**
 * Returns a `PATH` as npm gives it to the scripts of a project: the commands of its packages come first, Node among them where it is
 * installed as one. They are in the project's own directory, or in one around it, as the root of a workspace has them.
 */
export const npmPath = (project: string, path = process.env.PATH ?? ''): string =>
  [...directoriesFrom(project).map((directory) => join(directory, 'node_modules/.bin')), path].join(delimiter);

function directoriesFrom(directory: string): string[] {
  const parent = dirname(directory);
  return parent === directory ? [directory] : [directory, ...directoriesFrom(parent)];
}

import { createHash } from 'node:crypto';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { RESOURCE_CLASS_SPECS } from '../functions/resource-classes.ts';
import { ConfigError } from './config-error.ts';
import { type ClassLimits, problemsOf } from './discovery/check-definitions.ts';
import { inspectModules } from './discovery/inspection.ts';
import { buildModules } from './discovery/module-build.ts';
import { taskFiles } from './discovery/task-files.ts';
import type { TaskMetadata } from './task-metadata.ts';

/** The task types of a deployment. */
export type DiscoveredTasks = {
  /** They are in the order of their types. */
  readonly definitions: readonly TaskMetadata[];
  /** The module that takes the place of `millrace:tasks` in a bundle; it loads the module of a type when that is first needed. */
  readonly catalogFile: string;
  /** Packages with native parts, which are installed beside a bundle. */
  readonly nativePackages: readonly string[];
};

export type DiscoveryOptions = {
  readonly classes?: ClassLimits;
  readonly nativePackages?: readonly string[];
};

/**
 * Finds the definitions that are exported below a folder of the project, the directory of the process. Their files are built as
 * those of a function are, and imported in a process of its own. Throws `ConfigError` with a sentence for each that cannot be
 * loaded, or could not run as it is; each sentence names its file.
 */
export function discoverTasks(folder: string, options: DiscoveryOptions = {}): DiscoveredTasks {
  const project = process.cwd();
  const files = taskFiles(project, folder);
  const key = JSON.stringify([project, options, files]);
  const known = discovered.get(key);
  if (known !== undefined && known.versions === versionsOf(project, known.inputs)) return known.tasks;
  const discovery = discover(project, folder, files, options);
  discovered.set(key, discovery);
  return discovery.tasks;
}

/** What was found in files as they were then. */
type Discovery = { readonly tasks: DiscoveredTasks; readonly inputs: readonly string[]; readonly versions: string };

/** Several deployments of an app may have the same task types. */
const discovered = new Map<string, Discovery>();

/** Returns when files were last written, those that definitions import from elsewhere among them. */
const versionsOf = (project: string, inputs: readonly string[]): string =>
  JSON.stringify(inputs.map((input) => statSync(join(project, input), { throwIfNoEntry: false })?.mtimeMs));

function discover(
  project: string,
  folder: string,
  files: readonly string[],
  { classes = RESOURCE_CLASS_SPECS, nativePackages = [] }: DiscoveryOptions,
): Discovery {
  const { modules, inputs, remove } = buildModules(project, files, nativePackages);
  const versions = versionsOf(project, inputs);
  try {
    const { found, failures } = inspectModules(project, modules);
    const definitions = found.toSorted((a, b) => (a.type < b.type ? -1 : 1));
    const problems = [...failures, ...problemsOf(definitions, classes)];
    if (problems.length > 0) throw new ConfigError(problems.join('\n'));
    if (definitions.length === 0) {
      throw new ConfigError(
        `no task definition is exported below ${folder} (${files.length} files): export one, such as ` +
          '`export const greet = defineTask({ ... })`',
      );
    }
    return {
      tasks: { definitions, catalogFile: writeCatalog(project, definitions), nativePackages },
      inputs,
      versions,
    };
  } finally {
    remove();
  }
}

/** A version of a schema has so many characters of its digest: 48 bits, since it is a part of each task's row. */
const VERSION_CHARACTERS = 8;

/** Names the version of a schema by what it says. */
const versionOf = (schema: TaskMetadata['inputSchema']): string =>
  createHash('sha256').update(JSON.stringify(schema)).digest('base64url').slice(0, VERSION_CHARACTERS);

/** Writes the module that loads each definition when it is asked for, and has their schedules, where a synth always writes it: source maps name the place. */
function writeCatalog(project: string, definitions: readonly TaskMetadata[]): string {
  const loaders = definitions.map(({ type, file, exportName, inputSchema }) => {
    const path = JSON.stringify(resolve(project, file));
    const load = `async () => (await import(${path}))[${JSON.stringify(exportName)}]`;
    return `  ${JSON.stringify(type)}: Object.assign(${load}, { inputVersion: '${versionOf(inputSchema)}' }),\n`;
  });
  const schedules = definitions.flatMap(({ type, schedule = [] }) => schedule.map((entry) => ({ type, ...entry })));
  // As a literal, a key `__proto__` of an input would be none.
  const json = JSON.stringify(JSON.stringify(schedules));
  const text = [
    `export const tasks = {\n${loaders.join('')}};`,
    `export const schedules = /* @__PURE__ */ JSON.parse(${json});\n`,
  ].join('\n');
  const directory = join(project, '.millrace/catalogs');
  mkdirSync(directory, { recursive: true });
  const catalogFile = join(directory, `${createHash('sha256').update(text).digest('hex').slice(0, 16)}.mjs`);
  writeFileSync(catalogFile, text);
  return catalogFile;
}

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Metafile } from 'esbuild';
import { ConfigError } from '../config-error.ts';

/** These build or find the native part of a package that depends on them. */
const NATIVE_TOOLS =
  /^(node-gyp-build(-optional-packages)?|bindings|prebuild-install|(@mapbox\/)?node-pre-gyp|node-addon-api|nan)$/;
/** A package of one platform is called so: `@img/sharp-linux-arm64`, `@node-rs/argon2-darwin-x64`. */
const OF_PLATFORM = /(linux|linuxmusl|darwin|win32)[-.](x64|arm64|arm|ia32)/;

/** Where functions run: `<os>-<cpu>`. Whoever runs them elsewhere says so. */
const platform = (): string => process.env.MILLRACE_FUNCTION_PLATFORM ?? 'linux-arm64';

type Manifest = {
  readonly version?: string;
  readonly gypfile?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
};

/**
 * Says of each package with native parts that a build has bundled, by the file of the project that it is imported by: no bundle
 * carries such parts.
 */
export function nativePackageProblems(project: string, { inputs }: Pick<Metafile, 'inputs'>): string[] {
  const importers = new Map<string, string>();
  for (const [file, { imports }] of Object.entries(inputs)) {
    for (const { path } of imports) if (!importers.has(path)) importers.set(path, file);
  }
  const named = new Set<string>();
  return Object.keys(inputs).flatMap((input) => {
    const name = packageOf(input);
    if (name === undefined || named.has(name) || !hasNativeParts(join(project, directoryOf(input, name)), input))
      return [];
    named.add(name);
    return [nativePackageProblem(name, importerOf(input, importers))];
  });
}

/** Says the same of a package in which a build has failed; `undefined` where it has no native parts. */
export function nativeFailure(project: string, input: string): string | undefined {
  const name = packageOf(input);
  if (name === undefined || !hasNativeParts(join(project, directoryOf(input, name)), input)) return undefined;
  return nativePackageProblem(name, undefined);
}

const nativePackageProblem = (name: string, importer: string | undefined): string =>
  `${importer === undefined ? '' : `${importer}: `}the package ${name} has native parts, which no bundle carries: ` +
  `write \`nativePackages: ['${name}']\` in the props of Millrace, and it is installed for where functions run`;

const PACKAGE = /^.*node_modules\/((?:@[^/]+\/)?[^/]+)\//;
const packageOf = (input: string): string | undefined => PACKAGE.exec(input)?.[1];
const directoryOf = (input: string, name: string): string =>
  input.slice(0, input.lastIndexOf(`node_modules/${name}/`) + `node_modules/${name}`.length);

function hasNativeParts(directory: string, input: string): boolean {
  if (input.endsWith('.node') || existsSync(join(directory, 'binding.gyp'))) return true;
  const { gypfile, dependencies = {}, optionalDependencies = {} } = readManifest(directory);
  if (gypfile === true || Object.keys(dependencies).some((name) => NATIVE_TOOLS.test(name))) return true;
  return Object.keys(optionalDependencies).some((name) => OF_PLATFORM.test(name));
}

const readManifest = (directory: string): Manifest => JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));

/** Returns the file of the project through which a file of a package comes into a build. */
function importerOf(input: string, importers: ReadonlyMap<string, string>): string | undefined {
  const seen = new Set<string>();
  for (let file: string | undefined = input; file !== undefined && !seen.has(file); file = importers.get(file)) {
    if (packageOf(file) === undefined) return file;
    seen.add(file);
  }
  return undefined;
}

/**
 * Installs packages for where functions run, each in the version that the project has, and returns the folder whose
 * `node_modules` they are in. The next synth takes them from there.
 */
export function installNativePackages(project: string, names: readonly string[]): string {
  const wanted = names.map((name) => `${name}@${installedVersion(project, name)}`);
  const where = platform();
  const hash = createHash('sha256')
    .update(JSON.stringify([where, wanted]))
    .digest('hex')
    .slice(0, 16);
  const directory = join(project, '.millrace/native-packages', hash);
  if (existsSync(directory)) return directory;
  const apart = `${directory}.${process.pid}`;
  mkdirSync(apart, { recursive: true });
  try {
    // It may name a registry, and how to get in there.
    const settings = join(project, '.npmrc');
    if (existsSync(settings)) copyFileSync(settings, join(apart, '.npmrc'));
    install(apart, wanted, where);
    rmSync(join(apart, '.npmrc'), { force: true });
    checkBuilt(apart, names, where);
    renameSync(apart, directory);
  } finally {
    rmSync(apart, { recursive: true, force: true });
  }
  return directory;
}

function install(directory: string, wanted: readonly string[], where: string): void {
  const [os = '', cpu = ''] = where.split('-');
  const target = [`--os=${os}`, `--cpu=${cpu}`, ...(os === 'linux' ? ['--libc=glibc'] : [])];
  const quiet = ['--no-save', '--no-package-lock', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
  const { status, stderr, error } = spawnSync(
    'npm',
    ['install', '--prefix', directory, ...target, ...quiet, ...wanted],
    {
      cwd: directory,
      encoding: 'utf8',
      // Install scripts that fetch what was built elsewhere look here.
      env: { ...process.env, npm_config_platform: os, npm_config_arch: cpu },
    },
  );
  if (status === 0) return;
  const reason = error?.message ?? stderr.trim();
  throw new ConfigError(`the native packages ${wanted.join(', ')} cannot be installed for ${where}: ${reason}`);
}

function installedVersion(project: string, name: string): string {
  for (let directory = project; ; directory = dirname(directory)) {
    const found = join(directory, 'node_modules', name);
    if (existsSync(join(found, 'package.json'))) return readManifest(found).version ?? '';
    if (directory === dirname(directory)) break;
  }
  throw new ConfigError(`nativePackages names ${name}, which is not installed: add it by \`npm install ${name}\``);
}

/** The architecture of a Linux library is in its header (ELF, `e_machine`). */
const ELF_MACHINES: Readonly<Record<string, number>> = { x64: 0x3e, arm64: 0xb7 };

/** An install script may have built for this machine what was to be built for another. */
function checkBuilt(directory: string, names: readonly string[], where: string): void {
  const [os, cpu = ''] = where.split('-');
  const libraries = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.node'),
  );
  const isBuilt = (path: string): boolean => {
    const header = readFileSync(join(directory, path)).subarray(0, 20);
    return header.toString('latin1', 1, 4) === 'ELF' && header.readUInt16LE(18) === ELF_MACHINES[cpu];
  };
  for (const name of names) {
    const own = libraries.filter((path) => path.includes(`node_modules/${name}/`));
    if (os !== 'linux' || own.length === 0 || own.some(isBuilt)) continue;
    throw new ConfigError(
      `the native package ${name} was not built for ${where}: it comes without a build for that, and compiling makes one for this ` +
        'machine only; synthesize on such a machine, or take another package',
    );
  }
}

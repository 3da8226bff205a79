// Installs what `npm start` and `npm test` need. Runs as their npm hook on a clone that has nothing installed yet, so it
// is plain JavaScript, imports only Node, and parses on every Node from 18 on.
import { spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findChromium } from './find-chromium.mjs';
import { CFN_LINT, hasVenv, MINISTACK, stampVenv } from './python-venvs.mjs';
import {
  DYNOXIDE_ROOT,
  DYNOXIDE_VERSION,
  ELASTICMQ,
  ELASTICMQ_VERSION,
  hasDynoxide,
  hasElasticMq,
} from './second-implementation.mjs';

const PROJECT = join(dirname(fileURLToPath(import.meta.url)), '..');
const LOCKFILE = join(PROJECT, 'package-lock.json');
const INSTALLED = join(PROJECT, 'node_modules/.package-lock.json');
const BUNDLED_NODE = join(PROJECT, 'node_modules/node/bin/node');
const TICK_MS = 10_000;

const DISK_FULL = 'The disk is full: the installation needs about 1 GB for its packages and the caches of npm and pip.';

/** Tells what the user has to do; the message is all that there is to say. */
class Refusal extends Error {}

function checkNode() {
  if (process.platform === 'win32')
    throw new Refusal('Millrace runs on Linux and macOS; on Windows, use it inside WSL.');
  if (Number(process.versions.node.split('.')[0]) >= 20) return;
  throw new Refusal(
    `Millrace needs Node 20 or newer, and this is ${process.version}: install one from https://nodejs.org.`,
  );
}

/** Finds the first Python that can make the environment. */
function findPython() {
  const check = 'import sys; assert sys.version_info >= (3, 10); import venv, ensurepip';
  const found = ['python3', 'python'].find((name) => spawnSync(name, ['-c', check]).status === 0);
  if (found !== undefined) return found;
  const version = spawnSync('python3', ['--version'], { encoding: 'utf8' }).stdout?.trim();
  const isRecent = spawnSync('python3', ['-c', check.split(';', 2).join(';')]).status === 0;
  if (isRecent)
    throw new Refusal(`${version} lacks the venv module: install it (Debian, Ubuntu: apt install python3-venv).`);
  const what = version ? `this machine's python3 is ${version}` : 'there is no python3';
  throw new Refusal(
    `Millrace needs Python 3.10 or newer to run a cloud on this machine, and ${what}: install one from https://www.python.org.`,
  );
}

/** Tells whether node_modules holds what the lockfile says: npm writes its own lockfile there last. */
function hasPackages() {
  if (!existsSync(INSTALLED) || !existsSync(BUNDLED_NODE)) return false;
  try {
    const wanted = JSON.parse(readFileSync(LOCKFILE, 'utf8')).packages;
    const found = JSON.parse(readFileSync(INSTALLED, 'utf8')).packages;
    const isThere = ([path, { version, optional }]) => found[path]?.version === version || (optional && !found[path]);
    return Object.entries(wanted)
      .filter(([path]) => path !== '')
      .every(isThere);
  } catch {
    return false;
  }
}

async function installPackages(signal) {
  await run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund', '--prefer-offline'], signal);
  if (existsSync(BUNDLED_NODE)) return;
  throw new Refusal(
    'npm did not run the install script of its package "node": allow install scripts (`npm config get ignore-scripts`).',
  );
}

/** Installs it on Debian, which alone has it as a package that root can install; elsewhere, the tests that need it say so. */
const canInstallBrowser = () => process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');

async function installBrowser(signal) {
  const apt = ['DEBIAN_FRONTEND=noninteractive', 'apt-get', '--quiet', '--yes'];
  await run('env', [...apt, 'update'], signal);
  await run('env', [...apt, 'install', '--no-install-recommends', 'chromium'], signal);
}

const hasCommand = (name) => spawnSync(name, ['--version']).status === 0;

/** Compiles it apart and moves it when it is whole: two clones may do so at the same time. */
async function installDynoxide(signal) {
  mkdirSync(dirname(DYNOXIDE_ROOT), { recursive: true });
  const apart = mkdtempSync(`${DYNOXIDE_ROOT}-`);
  try {
    const crate = ['dynoxide-rs', '--version', DYNOXIDE_VERSION, '--locked', '--quiet'];
    await run('cargo', ['install', ...crate, '--root', apart], signal);
    if (!hasDynoxide()) renameSync(apart, DYNOXIDE_ROOT);
  } finally {
    rmSync(apart, { recursive: true, force: true });
  }
}

/** Installs it with all that it needs, as Maven finds it. */
async function installElasticMq(signal) {
  mkdirSync(dirname(ELASTICMQ), { recursive: true });
  const apart = mkdtempSync(`${ELASTICMQ}-`);
  try {
    const dependency = `<groupId>org.elasticmq</groupId><artifactId>elasticmq-server_2.13</artifactId><version>${ELASTICMQ_VERSION}</version>`;
    writeFileSync(
      join(apart, 'pom.xml'),
      `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion><groupId>millrace</groupId>
<artifactId>tests</artifactId><version>1</version><packaging>pom</packaging>
<dependencies><dependency>${dependency}</dependency></dependencies></project>`,
    );
    const jars = join(apart, 'jars');
    await run('mvn', ['-q', '-B', '-f', apart, 'dependency:copy-dependencies', `-DoutputDirectory=${jars}`], signal);
    rmSync(ELASTICMQ, { recursive: true, force: true });
    renameSync(jars, ELASTICMQ);
  } finally {
    rmSync(apart, { recursive: true, force: true });
  }
}

/** Installs another DynamoDB and another SQS for the contract tests, or says in a line why they do without. */
async function installSecondImplementation(signal) {
  const missing = ['cargo', 'java', 'mvn'].filter((name) => !hasCommand(name));
  if (missing.length > 0) return leftOut(`there is no ${missing.join(', no ')} on the PATH`);
  try {
    if (!hasElasticMq()) await installElasticMq(signal);
    if (!hasDynoxide()) await installDynoxide(signal);
  } catch (error) {
    signal.throwIfAborted();
    leftOut(error.message);
  }
}

const leftOut = (reason) =>
  console.error(`  ! The contract tests on dynoxide and ElasticMQ are left out: ${reason.split('\n').at(-1)}`);

async function installVenv(python, which, signal) {
  const { venv, requirements } = which;
  rmSync(venv, { recursive: true, force: true });
  mkdirSync(dirname(venv), { recursive: true });
  await run(python, ['-m', 'venv', venv], signal);
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input', '--no-deps'];
  await run(join(venv, 'bin/python'), [...pip, '--requirement', requirements], signal);
  stampVenv(which);
}

/** Runs a command as the leader of a process group, so that an interruption ends all that it has started. */
function run(command, args, signal) {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const child = spawn(command, args, { cwd: PROJECT, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const kill = () => {
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch {} // it is gone already
    };
    signal.addEventListener('abort', kill, { once: true });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      signal.removeEventListener('abort', kill);
      if (signal.aborted) return reject(signal.reason);
      if (code === 0) return resolve();
      if (/ENOSPC|no space left on device/i.test(output) || isDiskFull()) return reject(new Refusal(DISK_FULL));
      reject(new Refusal(`\`${[command, ...args].join(' ')}\` failed (exit code ${code}):\n${output.trimEnd()}`));
    });
  });
}

/** Some of what npm and Python start keeps its reason to itself. */
function isDiskFull() {
  return [PROJECT, dirname(MINISTACK.venv)].filter(existsSync).some((path) => {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize < 20_000_000;
  });
}

async function step(label, work) {
  const since = Date.now();
  const seconds = (digits) => ((Date.now() - since) / 1000).toFixed(digits);
  console.error(`  … ${label}`);
  const timer = setInterval(() => console.error(`  … ${label} (${seconds(0)} s)`), TICK_MS);
  try {
    await work();
    console.error(`  ✓ ${label} (${seconds(1)} s)`);
  } finally {
    clearInterval(timer);
  }
}

async function install() {
  checkNode();
  const steps = [];
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => controller.abort());
  const isForTests = process.argv.includes('--tests');
  const venv = (label, which) => {
    if (hasVenv(which)) return;
    const python = findPython();
    steps.push(step(label, () => installVenv(python, which, controller.signal)));
  };
  if (!process.env.MILLRACE_ENDPOINT) venv('Installing MiniStack (Python)', MINISTACK);
  if (isForTests) venv('Installing cfn-lint (Python)', CFN_LINT);
  if (!hasPackages()) steps.push(step('Installing packages (npm)', () => installPackages(controller.signal)));
  if (isForTests && findChromium() === undefined && canInstallBrowser()) {
    steps.push(step('Installing Chromium (apt)', () => installBrowser(controller.signal)));
  }
  if (isForTests && !(hasDynoxide() && hasElasticMq())) {
    const label = 'Installing dynoxide and ElasticMQ (cargo, Maven), once for all clones: some minutes';
    steps.push(step(label, () => installSecondImplementation(controller.signal)));
  }
  await Promise.all(
    steps.map((work) =>
      work.catch((error) => {
        controller.abort(); // there is no use in the other one, then
        throw error;
      }),
    ),
  );
}

try {
  await install();
} catch (error) {
  if (error.name === 'AbortError') console.error('The installation was interrupted; the next start does it anew.');
  else if (error.code === 'ENOSPC') console.error(DISK_FULL);
  else console.error(error instanceof Refusal ? error.message : error);
  process.exitCode = 1;
}

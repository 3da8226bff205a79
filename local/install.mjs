// Installs what `npm start` and `npm test` need. Runs as their npm hook on a clone that has nothing installed yet, so it
// is plain JavaScript, imports only Node, and parses on every Node from 18 on.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findChromium } from './find-chromium.mjs';
import { DISK_FULL, findPython, installVenv, Refusal, run, step } from './python-install.mjs';
import { CFN_LINT, hasVenv, MINISTACK } from './python-venvs.mjs';
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

function checkNode() {
  if (process.platform === 'win32')
    throw new Refusal('Millrace runs on Linux and macOS; on Windows, use it inside WSL.');
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 12)) return;
  throw new Refusal(
    `Millrace needs Node 20.12 or newer, and this is ${process.version}: install one from https://nodejs.org.`,
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

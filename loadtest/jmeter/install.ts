import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const JMETER_VERSION = '5.6.3';
const POM = join(import.meta.dirname, 'pom.xml');
/** `sha256sum` writes and reads this file in the home. */
const CHECKSUMS = join(import.meta.dirname, 'jars.sha256');
/** One for all clones of the machine. */
const HOME = join(
  process.env.XDG_CACHE_HOME || join(homedir(), '.cache'),
  'millrace',
  `apache-jmeter-${JMETER_VERSION}`,
);

/** The launcher of JMeter, installed from Maven Central unless an earlier run has done so. */
export async function installedJMeter(): Promise<string> {
  const launcher = join(HOME, 'bin/ApacheJMeter.jar');
  if (existsSync(launcher)) return launcher;
  await mkdir(dirname(HOME), { recursive: true });
  // Laid out apart, and moved when it is whole and what it should be: two clones may do so at the same time.
  const apart = await mkdtemp(`${HOME}-`);
  try {
    const maven = ['-q', '-B', '--strict-checksums', '-f', POM, 'generate-resources', `-DjmeterHome=${apart}`];
    await promisify(execFile)('mvn', maven).catch((error) => {
      throw new Error(
        `JMeter could not be installed by Maven (Debian, Ubuntu: apt install maven openjdk-17-jre): ${error.message}`,
      );
    });
    await verify(apart);
    // JMeter looks for tests of JUnit there, and complains where it cannot.
    await mkdir(join(apart, 'lib/junit'));
    await rename(apart, HOME).catch((error) => {
      if (!existsSync(launcher)) throw error;
    });
  } finally {
    await rm(apart, { recursive: true, force: true });
  }
  return launcher;
}

/** Throws unless the jars of a home are those that were there when this was written, and no others. */
async function verify(home: string): Promise<void> {
  const known = (await readFile(CHECKSUMS, 'utf8')).trimEnd().split('\n');
  const expected = new Map(known.map((line) => [line.slice(66), line.slice(0, 64)]));
  const files = (await readdir(home, { recursive: true })).filter((file) => file.endsWith('.jar'));
  for (const file of new Set([...expected.keys(), ...files])) {
    const content = await readFile(join(home, file)).catch(() => '');
    if (createHash('sha256').update(content).digest('hex') === expected.get(file)) continue;
    throw new Error(`${file} of JMeter is not what its checksum in loadtest/jmeter/jars.sha256 says.`);
  }
}

// The virtual environments of Python under `.millrace/`. Plain JavaScript, because a clone makes them before it has anything else.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = join(process.cwd(), '.millrace');

export const MINISTACK = { venv: join(ROOT, 'ministack'), requirements: join(HERE, 'requirements.txt') };

/** The linter of templates, for the tests alone. */
export const CFN_LINT = { venv: join(ROOT, 'cfn-lint'), requirements: join(HERE, 'cfn-lint.txt') };

export const CFN_LINT_COMMAND = join(CFN_LINT.venv, 'bin/cfn-lint');

const stampOf = ({ venv }) => join(venv, 'installed.sha256');
const hashOf = ({ requirements }) => createHash('sha256').update(readFileSync(requirements)).digest('hex');

/** Tells whether an environment holds what its requirements say. */
export const hasVenv = (which) => existsSync(stampOf(which)) && readFileSync(stampOf(which), 'utf8') === hashOf(which);

/** Stamps an environment, last of all, so that an environment without it is half made, and made anew. */
export const stampVenv = (which) => writeFileSync(stampOf(which), hashOf(which));

import type { ConcurrencyLimit, Identity } from './account.ts';
import { type Finding, failed, ok, warning } from './finding.ts';

/** Functions and tools here need at least these. */
const OLDEST_NODE = 20;
const OLDEST_PYTHON = [3, 10] as const;

/** Lambda keeps so many executions for functions without a reservation (its guide, "Configuring reserved concurrency"). */
const KEPT_UNRESERVED = 100;
/** Of young accounts, whose limit is 10, it asks for no more than these: what its error then names. */
const LEAST_UNRESERVED = 10;

/** Judges the Node that runs this. */
export function checkNode(version: string): Finding {
  const said = `Node ${version}`;
  if (Number(version.split('.')[0]) >= OLDEST_NODE) return ok('node', said);
  return failed('node', `${said} is too old`, `install Node ${OLDEST_NODE} or newer`);
}

/** Judges the Python of this machine, by what it says of its version; `undefined` where there is none. */
export function checkPython(text: string | undefined): Finding {
  const mend = `install Python ${OLDEST_PYTHON.join('.')} or newer to run Millrace on this machine; a deploy needs none`;
  if (text === undefined) return warning('python', 'there is no python3', mend);
  const [, major = 0, minor = 0] = (/^Python (\d+)\.(\d+)/.exec(text) ?? []).map(Number);
  const isOld = major < OLDEST_PYTHON[0] || (major === OLDEST_PYTHON[0] && minor < OLDEST_PYTHON[1]);
  return isOld ? warning('python', `${text} is too old`, mend) : ok('python', text);
}

/** Judges whether stacks are of the account whose credentials these are. */
export function checkIdentity({ account, arn }: Identity, accounts: readonly (string | undefined)[]): Finding {
  const others = [...new Set(accounts)].filter((one) => one !== undefined && one !== account);
  if (others.length === 0) return ok('credentials', `account ${account}, as ${arn}`);
  return warning(
    'credentials',
    `they are of account ${account}, and there are stacks for ${others.join(', ')}`,
    `a deploy needs a role in ${others.join(', ')} that trusts ${account}, or the credentials of that account`,
  );
}

/** Judges the CDK bootstrap of a region. */
export function checkBootstrap(account: string, region: string, wanted: number, found: number | undefined): Finding {
  const mend = `npx cdk bootstrap aws://${account}/${region}`;
  if (found === undefined) return failed('bootstrap', `${region} has none: the CDK has nowhere to put code`, mend);
  if (!(found >= wanted)) return failed('bootstrap', `${region} has version ${found}, and ${wanted} is needed`, mend);
  return ok('bootstrap', `version ${found} in ${region}`);
}

/**
 * Judges what the functions of a region are to have for themselves, `wanted`, beside the account's limit. `held`: what those of
 * them that are there have already.
 */
export function checkConcurrency(region: string, limit: ConcurrencyLimit, wanted: number, held: number): Finding {
  const { executions, unreserved } = limit;
  const has = `the account may run ${executions} functions at a time in ${region}`;
  if (wanted === 0) return ok('concurrency', `${has}; the app reserves none of them`);
  const free = unreserved + held;
  const said = `${has}, ${free} of which are free or the app's; it reserves ${wanted}`;
  const left = free - wanted;
  const enough = executions + KEPT_UNRESERVED - left;
  const mend =
    `ask for a limit of ${enough} (Service Quotas, AWS Lambda, "Concurrent executions"), or deploy with the preset ` +
    '`trial`, which reserves none';
  if (left < LEAST_UNRESERVED) {
    return failed('concurrency', `${said}, and Lambda wants at least ${LEAST_UNRESERVED} left for others`, mend);
  }
  if (left >= KEPT_UNRESERVED) return ok('concurrency', said);
  return warning('concurrency', `${said}; Lambda's guide says that it keeps ${KEPT_UNRESERVED} for others`, mend);
}

/** Judges the state of a stack; `undefined` where there is none yet. A state that a deploy goes on from is no finding. */
export function checkStack(name: string, status: string | undefined): Finding | undefined {
  const said = `${name} is ${status}`;
  switch (status) {
    case 'ROLLBACK_COMPLETE':
      return warning(
        'stacks',
        `${said}: it could not be made`,
        'cdk deploy deletes it and begins anew; other tools refuse',
      );
    case 'ROLLBACK_FAILED':
    case 'CREATE_FAILED':
    case 'DELETE_FAILED':
      return failed(
        'stacks',
        `${said}: what it has made could not be deleted`,
        `end what keeps it, such as deletion protection of a table, then: aws cloudformation delete-stack --stack-name ${name}`,
      );
    case 'UPDATE_FAILED':
    case 'UPDATE_ROLLBACK_FAILED':
      return failed('stacks', `${said}: its last change is half done`, `npx cdk rollback ${name}`);
    default:
      if (status?.endsWith('_IN_PROGRESS') !== true || status === 'REVIEW_IN_PROGRESS') return undefined;
      return failed('stacks', `${said}: somebody changes it`, 'wait until that is over');
  }
}

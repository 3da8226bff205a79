import { parseTenantId, type TenantId } from '../functions/core/task/ids.ts';
import { type AccessGrant, parseScope, SCOPES } from '../functions/core/tenant/access-key.ts';
import { ArgumentError, FLAG, parsedArguments, TEXT } from './command-line.ts';

export const USAGE = `Usage: npm run keys -- create --tenant <tenant> --scopes <scope,...> [--name <name>] [--rate <n>] [--open <n>]
       npm run keys -- list --tenant <tenant>
       npm run keys -- revoke --tenant <tenant> --id <id>

  --tenant  whose tasks the key reaches: up to 63 lower-case letters, digits and hyphens
  --scopes  what the key may do: ${SCOPES.join(', ')}
            (platform is for who runs the deployment: it pauses and tunes types, and redrives dead letters, of all tenants)
  --name    whom the key is for (default: the tenant)
  --rate    tasks that may be submitted in a second, and at one moment; subtasks count (default: any number)
  --open    tasks that may be under way at a time, subtasks too (default: any number)
  --id      which key, as create and list show it
  --stack   the deployment's data stack (default: millrace-data)
  --local   in the cloud that npm start runs here, instead of the AWS of your environment`;

type Target = { readonly tenantId: TenantId; readonly stackName: string; readonly isLocal: boolean };
export type CreateKey = Target & { readonly command: 'create' } & Pick<AccessGrant, 'scopes' | 'name' | 'limits'>;
export type ListKeys = Target & { readonly command: 'list' };
export type RevokeKey = Target & { readonly command: 'revoke'; readonly id: string };
export type KeysArguments = CreateKey | ListKeys | RevokeKey;

/** Reads the arguments behind `npm run keys --`. Throws `ArgumentError`. */
export function parseKeysArguments(args: readonly string[]): KeysArguments {
  const { values, positionals } = parsedArguments(args, OPTIONS);
  const [command, ...more] = positionals;
  if (more.length > 0 || (command !== 'create' && command !== 'list' && command !== 'revoke')) {
    throw new ArgumentError(`The command must be "create", "list" or "revoke", not "${positionals.join(' ')}".`);
  }
  const target = {
    tenantId: tenantOf(values.tenant),
    stackName: values.stack ?? 'millrace-data',
    isLocal: values.local,
  };
  refuseForeign(command, values);
  switch (command) {
    case 'create':
      if (values.name?.trim() === '') throw new ArgumentError(`--name "${values.name}" must not be blank.`);
      return {
        ...{ ...target, command, scopes: scopesOf(values.scopes), name: values.name ?? target.tenantId },
        ...limitsOf(values),
      };
    case 'list':
      return { ...target, command };
    case 'revoke':
      if (values.id === undefined) throw new ArgumentError('--id is missing.');
      return { ...target, command, id: values.id };
  }
}

const OPTIONS = { tenant: TEXT, scopes: TEXT, name: TEXT, rate: TEXT, open: TEXT, id: TEXT, stack: TEXT, local: FLAG };
const OWN_OPTIONS = { create: ['scopes', 'name', 'rate', 'open'], list: [], revoke: ['id'] } as const;

function refuseForeign(command: KeysArguments['command'], values: Readonly<Record<string, unknown>>): void {
  const own: readonly string[] = [...OWN_OPTIONS[command], 'tenant', 'stack', 'local'];
  const foreign = Object.keys(values).find((name) => !own.includes(name));
  if (foreign !== undefined) throw new ArgumentError(`--${foreign} is not for "${command}".`);
}

function tenantOf(text: string | undefined): TenantId {
  if (text === undefined) throw new ArgumentError('--tenant is missing.');
  const tenantId = parseTenantId(text);
  if (tenantId !== undefined) return tenantId;
  throw new ArgumentError(
    `--tenant "${text}" must be up to 63 lower-case letters, digits and hyphens, and not start with a hyphen.`,
  );
}

function scopesOf(list: string | undefined): AccessGrant['scopes'] {
  if (list === undefined) throw new ArgumentError('--scopes is missing.');
  const scopes = list.split(',').map((text) => {
    const scope = parseScope(text.trim());
    if (scope === undefined) throw new ArgumentError(`--scopes knows no "${text}"; there are ${SCOPES.join(', ')}.`);
    return scope;
  });
  return [...new Set(scopes)];
}

function limitsOf({
  rate,
  open,
}: {
  rate?: string | undefined;
  open?: string | undefined;
}): Pick<AccessGrant, 'limits'> {
  const limits = {
    ...(rate === undefined ? {} : { ratePerSecond: countOf('rate', rate) }),
    ...(open === undefined ? {} : { maxOpenTasks: countOf('open', open) }),
  };
  return Object.keys(limits).length === 0 ? {} : { limits };
}

function countOf(option: string, text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new ArgumentError(`--${option} "${text}" must be a whole number from 1 on.`);
}

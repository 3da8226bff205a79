import { compact } from '../functions/core/compact.ts';
import { parseTenantId, type TenantId } from '../functions/core/task/ids.ts';
import { type AccessGrant, parseScope, SCOPES } from '../functions/core/tenant/access-key.ts';
import { ArgumentError, npmCommand } from './npm-command.ts';
import { countOf } from './option-values.ts';

type Target = {
  readonly tenantId: TenantId;
  /** The data stack of the deployment that is meant; without it, the only one there is. */
  readonly stackName?: string;
  readonly isLocal: boolean;
};
export type CreateKey = Target & { readonly command: 'create' } & Pick<AccessGrant, 'scopes' | 'name' | 'limits'>;
export type ListKeys = Target & { readonly command: 'list' };
export type RevokeKey = Target & { readonly command: 'revoke'; readonly id: string };
export type KeysArguments = CreateKey | ListKeys | RevokeKey;

/** Makes a command that works on one tenant's keys in one deployment. */
const tenantCommand = (name: string, description: string) =>
  npmCommand(name, description)
    .requiredOption(
      '--tenant <tenant>',
      'whose tasks the key reaches: up to 63 lower-case letters, digits and hyphens',
      tenantOf,
    )
    .option('--stack <name>', "the deployment's data stack (default: the only one there is)")
    .option('--local', 'in the cloud that npm start runs here, instead of the AWS of your environment');

const create = tenantCommand('create', 'Makes a key, and shows it this once.')
  .usage('--tenant <tenant> --scopes <scope,...> [options]')
  .requiredOption(
    '--scopes <scope,...>',
    `what the key may do: ${SCOPES.join(', ')} (platform is for who runs the deployment: it pauses and tunes types, and redrives dead letters, of all tenants)`,
    scopesOf,
  )
  .option('--name <name>', 'whom the key is for (default: the tenant)', nameOf)
  .option(
    '--rate <tasks>',
    'tasks that may be submitted in a second, and at one moment; subtasks count (default: any number)',
    countOf('rate'),
  )
  .option(
    '--open <tasks>',
    'tasks that may be under way at a time, subtasks too (default: any number)',
    countOf('open'),
  );

const list = tenantCommand('list', 'Shows what keys a tenant has.').usage('--tenant <tenant> [options]');

const revoke = tenantCommand('revoke', 'Revokes a key: nobody is let in with it any more.')
  .usage('--tenant <tenant> --id <id> [options]')
  .requiredOption('--id <id>', 'which key, as create and list show it');

export const keysCommand = npmCommand(
  'npm run keys --',
  'Makes, lists and revokes the keys that callers of the API have.',
)
  .addCommand(create)
  .addCommand(list)
  .addCommand(revoke)
  .addHelpText('after', '\nnpm run keys -- create --help shows the options of create.');

/** Reads the arguments behind `npm run keys --`. Throws `ArgumentError`. */
export function parseKeysArguments(args: readonly string[]): KeysArguments {
  keysCommand.parse(args, { from: 'user' });
  switch (keysCommand.args[0]) {
    case 'create': {
      const { name, scopes, rate, open, ...target } = create.opts();
      const limits = compact({ ratePerSecond: rate, maxOpenTasks: open });
      return {
        ...targetOf(target),
        command: 'create',
        scopes,
        name: name ?? target.tenant,
        ...(Object.keys(limits).length > 0 && { limits }),
      };
    }
    case 'revoke': {
      const { id, ...target } = revoke.opts();
      return { ...targetOf(target), command: 'revoke', id };
    }
    default:
      return { ...targetOf(list.opts()), command: 'list' };
  }
}

const targetOf = ({
  tenant,
  stack,
  local,
}: {
  tenant: TenantId;
  stack?: string | undefined;
  local?: true | undefined;
}): Target => compact({ tenantId: tenant, stackName: stack, isLocal: local === true });

function tenantOf(text: string): TenantId {
  const tenantId = parseTenantId(text);
  if (tenantId !== undefined) return tenantId;
  throw new ArgumentError(
    `--tenant "${text}" must be up to 63 lower-case letters, digits and hyphens, and not start with a hyphen.`,
  );
}

function scopesOf(list: string): AccessGrant['scopes'] {
  const scopes = list.split(',').map((text) => {
    const scope = parseScope(text.trim());
    if (scope === undefined) throw new ArgumentError(`--scopes knows no "${text}"; there are ${SCOPES.join(', ')}.`);
    return scope;
  });
  return [...new Set(scopes)];
}

function nameOf(text: string): string {
  if (text.trim() !== '') return text;
  throw new ArgumentError(`--name "${text}" must not be blank.`);
}

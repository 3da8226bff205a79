import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { deploymentCommand } from '../api-command.ts';
import { deploymentOf } from '../deployment/find-deployment.ts';
import { runnable } from '../npm-command.ts';
import { taskIdOf } from '../option-values.ts';
import { printable } from '../printable.ts';

const openCommand = deploymentCommand(
  'millrace open',
  'Opens the console in the browser, which asks for the key itself.',
)
  .argument('[id]', 'a task to begin with', taskIdOf)
  .option('--no-browser', 'print its address alone')
  .action(async (id, { browser, ...named }) => {
    const { url } = await deploymentOf(named);
    const address = `${url.replace(/\/+$/, '')}/console${id === undefined ? '' : `#/tasks/${id}`}`;
    console.log(printable(address));
    if (browser) await openInBrowser(address);
  });

/** Is the command `millrace open`. */
export const open = runnable(openCommand);

/** What opens an address, by platform. `start` is a command of the shell, which would take `&` for its own. */
const OPENERS: Readonly<Record<string, (address: string) => readonly [string, ...string[]]>> = {
  darwin: (address) => ['open', address],
  win32: (address) => ['cmd', '/c', 'start', '', address.replaceAll(/[&^|<>()%!]/g, '^$&')],
};

async function openInBrowser(address: string): Promise<void> {
  if (!/^https?:\/\//i.test(address)) throw new Error(`${address} is no address of the web.`);
  const [command, ...args] = OPENERS[process.platform]?.(address) ?? ['xdg-open', address];
  const opener = spawn(command, args, { stdio: 'ignore', windowsVerbatimArguments: true });
  const [exitCode] = await once(opener, 'close').catch(() => [undefined]);
  if (exitCode !== 0) throw new Error(`${command} could not open it: open the address above.`);
}

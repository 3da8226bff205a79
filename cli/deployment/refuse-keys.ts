/** Finds what a key of Millrace looks like (`functions/core/tenant/access-key.ts`). */
const KEY = /(?<![\w-])mr_[\w-]{43}(?![\w-])/;

const OPTION = /^--(api-)?(key|token)(=|$)/;

const WHERE = 'Set MILLRACE_KEY, or keep the key by `millrace profiles set`, which asks for it.';

/**
 * Says why a command line is refused that has a key in it, which is not repeated; `undefined` where it has none. Every process of
 * the machine can read the arguments of others, and a shell writes them down.
 */
export function refusalOfKey(args: readonly string[]): string | undefined {
  if (args.some((argument) => KEY.test(argument))) {
    return `A key stands in the arguments, where other processes and the history of the shell have it now: revoke it, and have another one made. ${WHERE}`;
  }
  const option = args.map((argument) => OPTION.exec(argument)?.[0].replace('=', '')).find(Boolean);
  if (option === undefined) return undefined;
  return `There is no ${option}: other processes and the history of the shell would have the key. ${WHERE}`;
}

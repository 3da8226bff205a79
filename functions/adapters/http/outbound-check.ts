import { once } from '../../core/concurrency.ts';
import { TaskFailure } from '../../core/define-task.ts';

/**
 * Makes what says why nobody may be called at a URL, where the policy of the deployment is against it. It is loaded with the first
 * URL: most submits have none. What a host's name resolves to is checked when it is called.
 */
export function outboundCheck(outboundHosts: string): (url: string) => Promise<string | undefined> {
  const policy = once(async () => (await import('./outbound-policy.ts')).parseOutboundHosts(outboundHosts));
  return async (text) => {
    const url = URL.parse(text);
    if (url === null) return 'is no URL';
    try {
      (await policy()).check(url);
      return undefined;
    } catch (failure) {
      if (failure instanceof TaskFailure) return failure.message;
      throw failure;
    }
  };
}

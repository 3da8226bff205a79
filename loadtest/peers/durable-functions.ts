import { startEmulatedPeer } from './emulated-peer.ts';
import type { Peer } from './peer.ts';
import { miniStackVersion, versionOf } from './versions.ts';

const PARTS = { '-submit': 'door', '-authorizer': 'door', '-worker': 'worker' } as const;

/** Durable functions of AWS Lambda: each task is an execution, which an asynchronous call begins. */
export async function startDurableFunctions(signal: AbortSignal): Promise<Peer> {
  const version = await versionOf('@aws/durable-execution-sdk-js');
  return startEmulatedPeer(
    {
      name: 'durable-functions',
      title: 'Lambda durable functions',
      setup: [
        `HTTP API, submit Lambda (zod, PutItem, asynchronous Invoke), a durable function (\`@aws/durable-execution-sdk-js\` ${version}) of two steps: the work, and an UpdateItem, because executions cannot be listed by tenant or type; keys by a Lambda authorizer, cached for 60 s; active tracing.`,
        `On a MiniStack ${await miniStackVersion()} of its own, with the same server, mends and enforced roles.`,
      ],
      advantage: 'No queue stands between: the task begins as soon as it is called.',
      exempt: {
        bulk: 'no call begins several executions, and the local cloud drops asynchronous calls beyond its concurrency, where Lambda keeps them in a queue.',
        priority: 'an asynchronous call has no priority.',
        tenants: "the calls of all tenants share Lambda's own queue, which the local cloud does not have.",
        kill: 'Lambda tries an invocation that has died again after a minute; the local cloud does so after a second.',
      },
      tasksPerBulk: 100,
      killLimitSeconds: 200,
    },
    { parts: PARTS, complete: makeDurable },
    signal,
  );
}

/** The CloudFormation of the local cloud drops that a function is durable, and its Lambda wants to be told in a word more than AWS's. */
async function makeDurable(endpoint: string): Promise<void> {
  const answer = await fetch(`${endpoint}/2015-03-31/functions/durable-worker/configuration`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ DurableConfig: { Enabled: true, ExecutionTimeout: 600, RetentionPeriodInDays: 1 } }),
  });
  if (!answer.ok) throw new Error(`the function does not become durable: ${answer.status} ${await answer.text()}`);
}

import { startEmulatedPeer } from './emulated-peer.ts';
import type { Peer } from './peer.ts';
import { miniStackVersion, versionOf } from './versions.ts';

const PARTS = { '-submit': 'door', '-authorizer': 'door', '-worker': 'worker' } as const;

/** What a team would build by hand from the guides of AWS and of Powertools. */
export async function startHandMade(signal: AbortSignal): Promise<Peer> {
  const [batch, idempotency] = await Promise.all(
    ['batch', 'idempotency'].map((name) => versionOf(`@aws-lambda-powertools/${name}`)),
  );
  return startEmulatedPeer(
    {
      name: 'hand-made',
      title: 'SQS + Lambda by hand',
      setup: [
        `HTTP API, submit Lambda (zod, PutItem, SendMessage), SQS, Lambda with the batch processor (${batch}) and the idempotency (${idempotency}) of Powertools for AWS Lambda on DynamoDB, UpdateItem; bundled by esbuild, deployed by the CDK.`,
        'Batches of 10 with partial responses, event sources as Lambda has them by default; a queue for `high` beside one for the rest; visibility of six times the timeout of 60 s; dead letters after 5 receives; the tenant as message group; indexes by status and type that project all; keys by a Lambda authorizer, cached for 60 s; active tracing.',
        `On a MiniStack ${await miniStackVersion()} of its own, with the same server, mends and enforced roles.`,
      ],
      advantage:
        'It does less for each task: it writes down no attempt and no start, has no leases, events, statistics, retries with a delay, cancel or limits.',
      exempt: {},
      tasksPerBulk: 100,
      // What a killed worker had is visible again after six times its timeout.
      killLimitSeconds: 400,
    },
    { parts: PARTS },
    signal,
  );
}

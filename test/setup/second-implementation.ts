import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CloudFormationClient, DescribeStackResourcesCommand } from '@aws-sdk/client-cloudformation';
import { CreateTableCommand, type CreateTableCommandInput, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { TestProject } from 'vitest/node';
import { freePort, HOST } from '../../local/free-port.ts';
import { DYNOXIDE, ELASTICMQ } from '../../local/second-implementation.mjs';

const START_SECONDS = 30;
const account = { region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };

/** ElasticMQ has SQS's own limits here, and an address of its own. */
const elasticMqConfig = (port: number): string => `
  include classpath("application.conf")
  node-address { protocol = http, host = "${HOST}", port = ${port}, context-path = "" }
  rest-sqs { enabled = true, bind-port = ${port}, bind-hostname = "${HOST}", sqs-limits = strict }
  rest-stats { enabled = false }
`;

/**
 * Puts another DynamoDB and another SQS (dynoxide, ElasticMQ) in the place of the local cloud's, for one project: what only
 * one of them takes is not AWS's. Tables and queues are those of the synthesized templates, under the names of the stack.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { stack } = project.vitest.getRootProject().getProvidedContext();
  const directory = await mkdtemp(join(tmpdir(), 'millrace-second-'));
  const [dynamoPort, sqsPort] = [await freePort([]), await freePort([])];
  const config = join(directory, 'elasticmq.conf');
  await writeFile(config, elasticMqConfig(sqsPort));
  const children = [
    started(DYNOXIDE, ['--host', HOST, '--port', String(dynamoPort), '--log', 'quiet']),
    started('java', [`-Dconfig.file=${config}`, '-cp', join(ELASTICMQ, '*'), 'org.elasticmq.server.Main']),
  ];
  const router = await routerOf({ dynamodb: dynamoPort, sqs: sqsPort }, Number(new URL(stack.awsEndpoint).port));
  const address = router.address();
  const awsEndpoint = `http://${HOST}:${typeof address === 'object' ? address?.port : 0}`;
  await Promise.all([dynamoPort, sqsPort].map(answering));
  await createTables(stack.assembly, stack.awsEndpoint, awsEndpoint);
  await createQueues(stack.assembly, awsEndpoint);
  project.provide('stack', { ...stack, awsEndpoint, isSecond: true });
  return async () => {
    router.close();
    router.closeAllConnections();
    for (const child of children) child.kill('SIGKILL');
    await rm(directory, { recursive: true, force: true });
  };
}

function started(command: string, args: readonly string[]) {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  process.once('exit', () => child.kill('SIGKILL'));
  return child;
}

/**
 * Serves one endpoint for all services, as the local cloud does: the signature of each request names the service that
 * it is for.
 */
async function routerOf(ports: Readonly<Record<string, number>>, elsewhere: number) {
  const router = createServer((incoming, answer) => {
    const [, service = ''] = /Credential=[^/]+\/\d+\/[^/]+\/([^/]+)\//.exec(incoming.headers.authorization ?? '') ?? [];
    const { method, url: path } = incoming;
    const port = ports[service] ?? elsewhere;
    // The local cloud answers no other host's name.
    const headers = { ...incoming.headers, host: `${HOST}:${port}` };
    const outgoing = request({ host: HOST, port, method, path, headers }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    });
    outgoing.on('error', (error) => answer.destroy(error));
    incoming.pipe(outgoing);
  });
  await once(router.listen(0, HOST), 'listening');
  return router;
}

async function answering(port: number): Promise<void> {
  for (let waited = 0; waited < START_SECONDS * 20; waited++) {
    if (await fetch(`http://${HOST}:${port}/`).catch(() => undefined)) return;
    await sleep(50);
  }
  throw new Error(`nothing answers on ${HOST}:${port} after ${START_SECONDS} s`);
}

type Properties = Partial<CreateTableCommandInput> & {
  readonly QueueName?: string;
  readonly VisibilityTimeout?: number;
};
type Resource = { readonly Type: string; readonly Properties: Properties };

/** Returns the resources of a type, by the ids of the template. */
function resourcesOf(assembly: string, stack: string, type: string): [string, Properties][] {
  const template = JSON.parse(readFileSync(join(assembly, `${stack}.template.json`), 'utf8'));
  const resources = Object.entries(template.Resources as Record<string, Resource>);
  return resources.filter(([, { Type }]) => Type === type).map(([id, { Properties }]) => [id, Properties]);
}

async function createTables(assembly: string, deployedAt: string, endpoint: string): Promise<void> {
  const { StackResources: deployed = [] } = await new CloudFormationClient({ ...account, endpoint: deployedAt }).send(
    new DescribeStackResourcesCommand({ StackName: 'millrace-data' }),
  );
  const names = new Map(deployed.map((one) => [one.LogicalResourceId, one.PhysicalResourceId]));
  const dynamo = new DynamoDBClient({ ...account, endpoint });
  for (const [id, table] of resourcesOf(assembly, 'millrace-data', 'AWS::DynamoDB::GlobalTable')) {
    const { KeySchema, AttributeDefinitions, GlobalSecondaryIndexes } = table;
    await dynamo.send(
      new CreateTableCommand({
        TableName: names.get(id),
        KeySchema,
        AttributeDefinitions,
        GlobalSecondaryIndexes,
        BillingMode: 'PAY_PER_REQUEST',
      }),
    );
  }
}

async function createQueues(assembly: string, endpoint: string): Promise<void> {
  const sqs = new SQSClient({ ...account, endpoint });
  for (const [, { QueueName, VisibilityTimeout = 30 }] of resourcesOf(
    assembly,
    'millrace-execution',
    'AWS::SQS::Queue',
  )) {
    const Attributes = { VisibilityTimeout: String(VisibilityTimeout) };
    await sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
  }
}

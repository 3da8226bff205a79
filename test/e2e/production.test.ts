import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudFormationClient, paginateListStackResources } from '@aws-sdk/client-cloudformation';
import { CloudWatchClient, GetDashboardCommand, paginateDescribeAlarms } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient, GetItemCommand, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { GetFunctionCommand, InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { PutTraceSegmentsCommand, XRayClient } from '@aws-sdk/client-xray';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LEFT_OUT } from '../../local/left-out-resources.ts';
import { type LocalStack, startLocalStack } from '../../local/local-stack.ts';
import { listenTo } from './bus.ts';

const STACKS = ['data', 'execution', 'api', 'operations'].map((name) => `acme-${name}`);

/** The cloud of the other tests is deployed as for development, so this is another. */
const stateDirectory = await mkdtemp(join(tmpdir(), 'millrace-prod-'));
let stack: LocalStack;
beforeAll(async () => {
  const events = { taskEventOutputs: 'true' };
  const context = { name: 'acme', preset: 'prod', outboundHosts: '', alarmEmail: 'ops@example.com', ...events };
  // Another test's cloud takes the usual port in the same moment.
  stack = await startLocalStack({ stateDirectory, context, port: 4666, app: 'node test/e2e/own-stack.ts' });
});
afterAll(async () => {
  stack?.kill();
  await stack?.ended;
  await rm(stateDirectory, { recursive: true, force: true });
});

const client = () => ({
  endpoint: stack.awsEndpoint,
  region: stack.region,
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
});

type Probed = {
  readonly found: readonly string[];
  readonly ORDERS: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
};

/** Returns what the function of the own stack says of itself, having tried to load some packages. */
async function probe(packages: readonly string[]): Promise<Probed> {
  const request = { FunctionName: 'acme-probe', Payload: JSON.stringify(packages) };
  const { Payload } = await new LambdaClient(client()).send(new InvokeCommand(request));
  return JSON.parse(Buffer.from(Payload ?? []).toString());
}

async function ask(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const headers = { authorization: `Bearer ${stack.apiKey}`, 'content-type': 'application/json' };
  const response = await fetch(stack.url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  return (await response.json()) as Record<string, unknown>;
}

type Resources = Readonly<
  Record<
    string,
    { readonly Type: string; readonly Properties?: { readonly AlarmName?: string; readonly Metrics?: unknown } }
  >
>;

/** The CDK's metadata have a condition that the local cloud does not meet. */
const CONDITIONAL = 'AWS::CDK::Metadata';

/** Returns the resources of a template as it ships. */
async function resourcesOf(name: string): Promise<Resources> {
  return JSON.parse(await readFile(join(stateDirectory, `cdk.out/${name}.template.json`), 'utf8')).Resources;
}

describe('a deployment for production', () => {
  it.each(STACKS)('has each resource of %s, but those that the local cloud does not have', async (name) => {
    const cloudFormation = new CloudFormationClient(client());
    const deployed: (string | undefined)[] = [];
    for await (const page of paginateListStackResources({ client: cloudFormation }, { StackName: name })) {
      for (const { LogicalResourceId, ResourceStatus } of page.StackResourceSummaries ?? []) {
        expect(ResourceStatus, LogicalResourceId).toMatch(/^(CREATE|UPDATE)_COMPLETE$/);
        deployed.push(LogicalResourceId);
      }
    }
    const shipped = await resourcesOf(name);
    expect(deployed.filter((id) => shipped[id ?? ''] === undefined)).toEqual([]);
    const missing = Object.entries(shipped).filter(([id, { Type }]) => !deployed.includes(id) && Type !== CONDITIONAL);
    const refused = (type: string, has: object) =>
      LEFT_OUT.some((one) => one.type === type && (one.having === undefined || one.having in has));
    expect(missing.filter(([, { Type, Properties = {} }]) => !refused(Type, Properties))).toEqual([]);
  });

  it('runs a task on the alias of an executor', async () => {
    const task = await ask('POST', '/api/tasks', { type: 'markdown.render', input: { markdown: '# hi' } });
    await expect
      .poll(async () => (await ask('GET', `/api/tasks/${task.id}`)).status, { timeout: 30_000 })
      .toBe('succeeded');
  });

  it.each([
    ['its row', 10],
    ['the table', 5_000],
    ['the bucket', 50_000],
    ['the bucket, too large for an event', 70_000],
  ])(
    'tells the bus of a success with the output that is in %s',
    async (_, characters) => {
      const eventsOf = await listenTo('acme-tasks', client());
      const markdown = randomBytes(characters / 2).toString('hex');
      const { id } = await ask('POST', '/api/tasks', { type: 'markdown.render', input: { markdown } });
      const told = await eventsOf(String(id), 'task.succeeded');
      const { output, outputPath } = told.find((event) => event['detail-type'] === 'task.succeeded')?.detail ?? {};
      if (characters <= 60_000) expect(output).toEqual({ html: expect.stringContaining(markdown) });
      else expect([output, outputPath]).toEqual([undefined, `/api/tasks/${id}`]);
    },
    60_000,
  );

  it('has a stack of its own beside, which the executors build on', async () => {
    const lambda = new LambdaClient(client());
    const { ORDERS } = await probe([]);
    const { Configuration } = await lambda.send(new GetFunctionCommand({ FunctionName: 'acme-executor-default-0' }));
    expect(Configuration?.Environment?.Variables?.ORDERS).toBe(ORDERS);
    expect(ORDERS).toMatch(/^acme-own-/);
  });

  it('lets a function find only what is in its bundle', async () => {
    const probed = await probe(['node:fs', 'zod', 'esbuild', '@imagemagick/magick-wasm']);
    expect(probed.found).toEqual(['require node:fs', 'import node:fs']);
    expect(probed).not.toHaveProperty('NODE_PATH');
  });

  it('lets a function do only what its role grants', async () => {
    const { credentials, ORDERS } = await probe([]);
    const dynamo = new DynamoDBClient({ ...client(), credentials });
    const Key = { id: { S: 'none' } };
    expect(await dynamo.send(new GetItemCommand({ TableName: ORDERS, Key }))).not.toHaveProperty('Item');
    const denied = { name: 'AccessDeniedException' };
    await expect(dynamo.send(new PutItemCommand({ TableName: ORDERS, Item: Key }))).rejects.toMatchObject({
      ...denied,
      message: expect.stringMatching(
        `not authorized to perform: dynamodb:PutItem on resource: arn:aws:dynamodb:.*:table/${ORDERS} because no identity-based policy allows`,
      ),
    });
    const segments = new PutTraceSegmentsCommand({ TraceSegmentDocuments: [] });
    await expect(new XRayClient({ ...client(), credentials }).send(segments)).rejects.toMatchObject(denied);
    const { AccessTableName: TableName } = stack.outputs['acme-data'] ?? {};
    await expect(dynamo.send(new ScanCommand({ TableName }))).rejects.toMatchObject(denied);
  });

  it('has the alarms of its template, and a dashboard that is JSON', async () => {
    const wanted = Object.values(await resourcesOf('acme-operations')).flatMap(({ Properties }) =>
      Properties?.AlarmName !== undefined && Properties.Metrics === undefined ? [Properties.AlarmName] : [],
    );
    const cloudWatch = new CloudWatchClient(client());
    const names: (string | undefined)[] = [];
    for await (const { MetricAlarms = [] } of paginateDescribeAlarms({ client: cloudWatch }, {})) {
      for (const { AlarmName, AlarmActions } of MetricAlarms) {
        names.push(AlarmName);
        expect(AlarmActions, AlarmName).toEqual(['arn:aws:sns:us-east-1:000000000000:acme-alarms']);
      }
    }
    expect(names.length).toBeGreaterThan(50);
    expect(names.toSorted()).toEqual(wanted.toSorted());
    const { DashboardBody } = await cloudWatch.send(new GetDashboardCommand({ DashboardName: 'acme' }));
    expect(JSON.parse(DashboardBody ?? '').widgets.length).toBeGreaterThan(10);
  });
});

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudFormationClient, paginateListStackResources } from '@aws-sdk/client-cloudformation';
import { CloudWatchClient, GetDashboardCommand, paginateDescribeAlarms } from '@aws-sdk/client-cloudwatch';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalStack, startLocalStack } from '../../local/local-stack.ts';

const STACKS = ['data', 'execution', 'api', 'operations'].map((name) => `acme-${name}`);

/** A cloud of its own: the one of the other tests is deployed as for development. */
const stateDirectory = await mkdtemp(join(tmpdir(), 'millrace-prod-'));
let stack: LocalStack;
beforeAll(async () => {
  const context = { preset: 'prod', outboundHosts: '', alarmEmail: 'ops@example.com' };
  stack = await startLocalStack({ stateDirectory, name: 'acme', context, enforceRoles: true });
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

async function ask(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const headers = { authorization: `Bearer ${stack.apiKey}`, 'content-type': 'application/json' };
  const response = await fetch(stack.url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  return (await response.json()) as Record<string, unknown>;
}

type Resources = Readonly<
  Record<string, { readonly Type: string; readonly Properties?: { readonly AlarmName?: string } }>
>;

/** Of a template as it was sent to the local cloud. */
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
    // The metadata of the CDK have a condition, which the region of the local cloud does not meet.
    const wanted = Object.entries(await resourcesOf(name)).filter(([, { Type }]) => Type !== 'AWS::CDK::Metadata');
    expect(deployed.toSorted()).toEqual(wanted.map(([id]) => id).sort());
  });

  it('runs a task on the alias of an executor', async () => {
    const task = await ask('POST', '/api/tasks', { type: 'markdown.render', input: { markdown: '# hi' } });
    await expect
      .poll(async () => (await ask('GET', `/api/tasks/${task.id}`)).status, { timeout: 30_000 })
      .toBe('succeeded');
  });

  it('has the alarms of its template, and a dashboard that is JSON', async () => {
    const wanted = Object.values(await resourcesOf('acme-operations'));
    const cloudWatch = new CloudWatchClient(client());
    const names: (string | undefined)[] = [];
    for await (const { MetricAlarms = [] } of paginateDescribeAlarms({ client: cloudWatch }, {})) {
      for (const { AlarmName, AlarmActions } of MetricAlarms) {
        names.push(AlarmName);
        expect(AlarmActions, AlarmName).toEqual(['arn:aws:sns:us-east-1:000000000000:acme-alarms']);
      }
    }
    expect(names.length).toBeGreaterThan(50);
    expect(names.toSorted()).toEqual(wanted.flatMap(({ Properties }) => Properties?.AlarmName ?? []).sort());
    const { DashboardBody } = await cloudWatch.send(new GetDashboardCommand({ DashboardName: 'acme' }));
    expect(JSON.parse(DashboardBody ?? '').widgets.length).toBeGreaterThan(10);
  });
});

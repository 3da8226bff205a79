/** What a team writes into the app that `millrace init` has made. The repository's own compiler sees none of it: it imports the package. */

/** Millrace within a stack of the team, which may write to a table of another of its stacks, under the eyes of cdk-nag 2. */
export const SHOP_APP = `import { App, Aspects, RemovalPolicy, SecretValue, Stack } from 'aws-cdk-lib';
import { AttributeType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { AwsSolutionsChecks, NagSuppressions } from 'cdk-nag';
import { Millrace, settingsFromContext } from 'millrace/cdk';

const app = new App();
const settings = settingsFromContext(app.node);
const removalPolicy = RemovalPolicy.DESTROY;

const own = new Stack(app, 'Own', { stackName: 'shop-own' });
const orders = new Table(own, 'Orders', { partitionKey: { name: 'id', type: AttributeType.STRING }, removalPolicy });
const stripe = new Secret(own, 'Stripe', { secretStringValue: SecretValue.unsafePlainText('sk_test'), removalPolicy });
NagSuppressions.addResourceSuppressions(stripe, [{ id: 'AwsSolutions-SMG4', reason: 'Stripe makes its keys itself' }]);
const classes = {
  default: { environment: { ORDERS: orders.tableName }, secrets: { STRIPE: stripe } },
  slow: { concurrency: 1, environment: { ORDERS: orders.tableName } },
};

const millrace = new Millrace(new Stack(app, 'Shop'), 'Tasks', { ...settings, tasks: 'tasks', classes });
orders.grantWriteData(millrace.executor('default'));
orders.grantWriteData(millrace.executor('slow'));

Aspects.of(app).add(new AwsSolutionsChecks());
`;

/** The same without the grant of one class. */
export const UNGRANTED = SHOP_APP.replace("orders.grantWriteData(millrace.executor('default'));", '');

/** Context of the team's own, beside what the preset is in. */
export const SHOP_CONTEXT = { team: 'blue', vpcId: 'vpc-1', environments: { blue: { account: '1' } } };

export const SHOP_TASKS = `import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { DEFAULT_RETRY, defineTask } from 'millrace';
import slugify from 'slugify';
import * as z from 'zod';

enum Status { Placed = 'placed' }
const dynamo = new DynamoDBClient();
const common = {
  description: 'Works for the shop.', priority: 'normal', timeoutSeconds: 50,
} as const;
const order = {
  ...common, resources: 'default', retry: { maxAttempts: 1, baseDelaySeconds: 0, maxDelaySeconds: 0 }, input: z.strictObject({ name: z.string() }),
  run: async ({ name }: { name: string }, ctx: { secret: (name: string) => Promise<string> }) => {
    const [id, paidWith] = [slugify(name, { lower: true }), await ctx.secret('STRIPE')];
    const Item = { id: { S: id }, status: { S: Status.Placed } };
    await dynamo.send(new PutItemCommand({ TableName: process.env.ORDERS, Item }));
    return { id, status: Status.Placed, paidWith };
  },
} as const;
export const place = defineTask({ ...order, type: 'order.place' });
export const isolated = defineTask({ ...order, type: 'order.isolated', isolated: true, credentials: true });
export const untrusted = defineTask({ ...order, type: 'order.untrusted', isolated: true });

/** Counts how often it has run, and tells by which version of Millrace. */
export const ship = defineTask({
  ...common, type: 'order.ship', resources: 'slow', retry: DEFAULT_RETRY, input: z.strictObject({ id: z.string(), seconds: z.number() }),
  run: async ({ id, seconds }) => {
    await dynamo.send(new UpdateItemCommand({
      TableName: process.env.ORDERS, Key: { id: { S: id } },
      UpdateExpression: 'ADD runs :one', ExpressionAttributeValues: { ':one': { N: '1' } },
    }));
    await sleep(seconds * 1000);
    return (globalThis as { millraceVersion?: string }).millraceVersion ?? 'before';
  },
});
`;

/**
 * Deploys an app as a user's own `bin/` may have it: Millrace, a stack of his own that its executors write to, and a
 * function that says what it finds beside its code and who it is.
 */
import { App, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AttributeType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { RESOURCE_CLASSES } from '../../functions/contract.ts';
import { settingsFromContext } from '../../lib/context.ts';
import { Millrace } from '../../lib/millrace.ts';

const PROBE = `
const ways = { require: async (name) => require(name), import: (name) => import(name) };
exports.handler = async (packages) => {
  const found = [];
  for (const name of packages) {
    for (const [way, load] of Object.entries(ways)) await load(name).then(() => found.push(way + ' ' + name), () => {});
  }
  const { NODE_PATH, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, ORDERS } = process.env;
  const [accessKeyId, secretAccessKey] = [AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY];
  return { found, NODE_PATH, ORDERS, credentials: { accessKeyId, secretAccessKey, sessionToken: AWS_SESSION_TOKEN } };
};`;

const app = new App();
const millrace = new Millrace(app, 'Millrace', {
  ...settingsFromContext(app.node),
  tasks: 'tasks',
});

const own = new Stack(app, 'Own', { stackName: `${millrace.name}-own` });
const removalPolicy = RemovalPolicy.DESTROY;
const orders = new Table(own, 'Orders', { partitionKey: { name: 'id', type: AttributeType.STRING }, removalPolicy });
// A function of the CDK's empties it.
new Bucket(own, 'Files', { autoDeleteObjects: true, removalPolicy });
const probe = new LambdaFunction(own, 'Probe', {
  functionName: `${millrace.name}-probe`,
  runtime: Runtime.NODEJS_24_X,
  handler: 'index.handler',
  code: Code.fromInline(PROBE),
  environment: { ORDERS: orders.tableName },
});
orders.grantReadData(probe);

for (const resourceClass of RESOURCE_CLASSES) {
  orders.grantWriteData(millrace.executor(resourceClass));
  for (const executor of millrace.executor(resourceClass).executors)
    executor.addEnvironment('ORDERS', orders.tableName);
}

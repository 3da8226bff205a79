/** An API before a durable function: a task is an execution of it, begun by an asynchronous call. */
import { join } from 'node:path';
import { App, CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaAuthorizer, HttpLambdaResponseType } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { AttributeType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Architecture, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, type NodejsFunctionProps, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';

const app = new App();
const stack = new Stack(app, 'DurableFunctions', { stackName: 'durable-functions' });
const removalPolicy = RemovalPolicy.DESTROY;
const string = (name: string) => ({ name, type: AttributeType.STRING });

const tasks = new TableV2(stack, 'Tasks', { partitionKey: string('id'), removalPolicy });
const keys = new TableV2(stack, 'Keys', { partitionKey: string('hash'), removalPolicy });

const functionOf = (name: string, entry: string, props: NodejsFunctionProps) =>
  new NodejsFunction(stack, name, {
    functionName: `durable-${name}`,
    entry: join(import.meta.dirname, entry),
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    tracing: Tracing.ACTIVE,
    bundling: {
      format: OutputFormat.ESM,
      mainFields: ['module', 'main'],
      target: 'node24',
      minify: true,
      bundleAwsSDK: true,
      banner: "import { createRequire } from 'module';const require = createRequire(import.meta.url);",
    },
    ...props,
  });

const worker = functionOf('worker', '../servers/durable-functions-worker.ts', {
  memorySize: 256,
  timeout: Duration.seconds(60),
  durableConfig: { executionTimeout: Duration.minutes(10), retentionPeriod: Duration.days(1) },
  environment: { TASKS_TABLE: tasks.tableName },
});
tasks.grantWriteData(worker);
worker.addToRolePolicy(
  new PolicyStatement({
    actions: ['lambda:CheckpointDurableExecution', 'lambda:GetDurableExecutionState'],
    resources: ['*'],
  }),
);

const submit = functionOf('submit', 'submit.ts', {
  memorySize: 512,
  timeout: Duration.seconds(29),
  environment: { TASKS_TABLE: tasks.tableName, WORKER: worker.functionName },
});
tasks.grantWriteData(submit);
worker.grantInvoke(submit);

const authorizer = functionOf('authorizer', '../hand-made/authorizer.ts', {
  memorySize: 256,
  timeout: Duration.seconds(10),
  environment: { KEYS_TABLE: keys.tableName },
});
keys.grantReadData(authorizer);

const api = new HttpApi(stack, 'Api', {
  defaultAuthorizer: new HttpLambdaAuthorizer('Keys', authorizer, {
    responseTypes: [HttpLambdaResponseType.SIMPLE],
    identitySource: ['$request.header.Authorization'],
    resultsCacheTtl: Duration.seconds(60),
  }),
});
api.addRoutes({
  path: '/api/tasks',
  methods: [HttpMethod.POST],
  integration: new HttpLambdaIntegration('Submit', submit),
});
new CfnOutput(stack, 'TasksTable', { value: tasks.tableName });
new CfnOutput(stack, 'KeysTable', { value: keys.tableName });

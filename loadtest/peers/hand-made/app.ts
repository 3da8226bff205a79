/** What a team builds by hand from the guides of AWS and of Powertools: an API, a queue for each priority, a table. */
import { join } from 'node:path';
import { App, CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaAuthorizer, HttpLambdaResponseType } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { AttributeType, ProjectionType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Architecture, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { Queue } from 'aws-cdk-lib/aws-sqs';

const FUNCTION_TIMEOUT_SECONDS = 60;
/** Six times the function's timeout ("Using Lambda with Amazon SQS"). */
const VISIBILITY_FACTOR = 6;

const app = new App();
const stack = new Stack(app, 'HandMade', { stackName: 'hand-made' });
const removalPolicy = RemovalPolicy.DESTROY;
const string = (name: string) => ({ name, type: AttributeType.STRING });

const tasks = new TableV2(stack, 'Tasks', {
  partitionKey: string('id'),
  removalPolicy,
  globalSecondaryIndexes: ['status', 'type'].map((attribute) => ({
    indexName: `by${attribute === 'status' ? 'Status' : 'Type'}`,
    partitionKey: string(attribute),
    sortKey: string('createdAt'),
    projectionType: ProjectionType.ALL,
  })),
});
const idempotency = new TableV2(stack, 'Idempotency', {
  partitionKey: string('id'),
  timeToLiveAttribute: 'expiration',
  removalPolicy,
});
const keys = new TableV2(stack, 'Keys', { partitionKey: string('hash'), removalPolicy });

const deadLetterQueue = new Queue(stack, 'DeadLetters', { retentionPeriod: Duration.days(14) });
const queueOf = (id: string): Queue =>
  new Queue(stack, id, {
    visibilityTimeout: Duration.seconds(FUNCTION_TIMEOUT_SECONDS * VISIBILITY_FACTOR),
    deadLetterQueue: { queue: deadLetterQueue, maxReceiveCount: 5 },
  });
const high = queueOf('High');
const normal = queueOf('Normal');

const functionOf = (name: string, memorySize: number, timeoutSeconds: number, environment: Record<string, string>) =>
  new NodejsFunction(stack, name, {
    functionName: `hand-made-${name}`,
    entry: join(import.meta.dirname, `${name}.ts`),
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    memorySize,
    timeout: Duration.seconds(timeoutSeconds),
    tracing: Tracing.ACTIVE,
    environment,
    bundling: {
      format: OutputFormat.ESM,
      mainFields: ['module', 'main'],
      target: 'node24',
      minify: true,
      bundleAwsSDK: true,
      // As the guide of Powertools has it.
      banner: "import { createRequire } from 'module';const require = createRequire(import.meta.url);",
    },
  });

const submit = functionOf('submit', 512, 29, {
  TASKS_TABLE: tasks.tableName,
  HIGH_QUEUE_URL: high.queueUrl,
  NORMAL_QUEUE_URL: normal.queueUrl,
});
tasks.grantWriteData(submit);
for (const queue of [high, normal]) queue.grantSendMessages(submit);

const worker = functionOf('worker', 256, FUNCTION_TIMEOUT_SECONDS, {
  TASKS_TABLE: tasks.tableName,
  IDEMPOTENCY_TABLE: idempotency.tableName,
  POWERTOOLS_SERVICE_NAME: 'hand-made',
});
tasks.grantWriteData(worker);
idempotency.grantReadWriteData(worker);
for (const queue of [high, normal]) {
  worker.addEventSource(new SqsEventSource(queue, { batchSize: 10, reportBatchItemFailures: true }));
}

const authorizer = functionOf('authorizer', 256, 10, { KEYS_TABLE: keys.tableName });
keys.grantReadData(authorizer);

const api = new HttpApi(stack, 'Api', {
  defaultAuthorizer: new HttpLambdaAuthorizer('Keys', authorizer, {
    responseTypes: [HttpLambdaResponseType.SIMPLE],
    identitySource: ['$request.header.Authorization'],
    resultsCacheTtl: Duration.seconds(60),
  }),
});
const integration = new HttpLambdaIntegration('Submit', submit);
for (const path of ['/api/tasks', '/api/tasks/batch']) {
  api.addRoutes({ path, methods: [HttpMethod.POST], integration });
}
new CfnOutput(stack, 'TasksTable', { value: tasks.tableName });
new CfnOutput(stack, 'KeysTable', { value: keys.tableName });

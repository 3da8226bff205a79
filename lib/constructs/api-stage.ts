import { RemovalPolicy } from 'aws-cdk-lib';
import { CfnStage, type HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { DeployConfig } from '../config.ts';
import { acknowledge } from './acknowledge.ts';

/** A line of the access log has these fields ("Variables for customizing HTTP API access logs"): no header, no query, no body. */
const LOGGED = {
  requestId: 'requestId',
  time: 'requestTime',
  sourceIp: 'identity.sourceIp',
  method: 'httpMethod',
  route: 'routeKey',
  path: 'path',
  status: 'status',
  bytes: 'responseLength',
  milliseconds: 'responseLatency',
  error: 'error.message',
  authorizerError: 'authorizer.error',
};

/** Limits how much the API takes, and notes who asks, if the deployment wants that: before any function is called. */
export function guardStage(
  scope: Construct,
  api: HttpApi,
  { name, throttle, accessLogs, logRetentionDays }: DeployConfig,
): void {
  const stage = api.defaultStage?.node.defaultChild;
  if (!(stage instanceof CfnStage)) throw new Error('the API has no stage to guard');
  stage.defaultRouteSettings = { throttlingRateLimit: throttle.rate, throttlingBurstLimit: throttle.burst };
  if (!accessLogs) {
    for (const rule of ['AwsSolutions-APIG1', 'Serverless-APIGWAccessLogging'])
      acknowledge(stage, rule, 'The deployment has asked for none: accessLogs is false');
    return;
  }
  const logGroup = new LogGroup(scope, 'AccessLogs', {
    // Under this prefix the log's resource policy does not grow with each API ("Enabling logging from AWS services").
    logGroupName: `/aws/vendedlogs/apigateway/${name}`,
    retention: logRetentionDays as RetentionDays,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const format = Object.fromEntries(Object.entries(LOGGED).map(([field, variable]) => [field, `$context.${variable}`]));
  stage.accessLogSettings = { destinationArn: logGroup.logGroupArn, format: JSON.stringify(format) };
}

import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import type { ServiceFunction } from './service-function.ts';

/** A run that could not begin is not made up for, since the next one does its work. */
const LATEST_ONLY = { retryAttempts: 0, maxEventAge: Duration.minutes(1) };
const REASON =
  'A call that fails is not made up for: the next one does its work, and an alarm says when none gets through';

/** Has a function that is called every minute called no later, and not again where it fails. */
export function callOnce(called: ServiceFunction): void {
  called.configureAsyncInvoke(LATEST_ONLY);
  acknowledge(called.node.findChild('EventInvokeConfig'), 'Serverless-LambdaAsyncFailureDestination', REASON);
}

/** Has the clock call a function, every so many seconds. */
export function callEvery(scope: Construct, seconds: number, called: ServiceFunction): void {
  callOnce(called);
  const rule = new Rule(scope, 'EveryMinute', {
    schedule: Schedule.rate(Duration.seconds(seconds)),
    targets: [new LambdaFunction(called, LATEST_ONLY)],
  });
  acknowledge(rule, 'Serverless-EventBusDLQ', REASON);
}

/** Deploys an app whose types ask for a class of its own, which is given a variable, a secret and a parameter. */
import { App, RemovalPolicy, SecretValue, Stack } from 'aws-cdk-lib';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { settingsFromContext } from '../../lib/context.ts';
import { Millrace } from '../../lib/millrace.ts';

const app = new App();
const own = new Stack(app, 'Own', { stackName: 'team-own' });
const secretStringValue = SecretValue.unsafePlainText('sk_live');
const stripe = new Secret(own, 'Stripe', { secretStringValue, removalPolicy: RemovalPolicy.DESTROY });
const key = new StringParameter(own, 'Key', { parameterName: '/shop/key', stringValue: 'a key' });
new Millrace(app, 'Millrace', {
  ...settingsFromContext(app.node),
  tasks: 'test/doubles/team-tasks',
  classes: {
    reports: {
      timeoutSeconds: 600,
      environment: { TABLE: 'orders' },
      // The CDK's types are at odds with `exactOptionalPropertyTypes` only.
      secrets: { STRIPE: stripe as ISecret, KEY: key },
    },
  },
});

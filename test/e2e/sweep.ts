import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { awsClient } from '../doubles/aws-client.ts';

const lambda = new LambdaClient(awsClient);

/** Runs the sweeper now, and not at the next full minute. */
export const sweep = () => lambda.send(new InvokeCommand({ FunctionName: 'millrace-sweeper', Payload: '{}' }));

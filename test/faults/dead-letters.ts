import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { deadLettersNameOf, type ResourceClass } from '../../functions/contract.ts';
import { awsClient } from '../doubles/aws-client.ts';

const sqs = new SQSClient({ ...awsClient, useQueueUrlAsEndpoint: false });

/** Returns how many dead letters a class has. */
export async function deadLetters(resourceClass: ResourceClass): Promise<number> {
  const { Attributes: attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: `${awsClient.endpoint}/000000000000/millrace-${deadLettersNameOf(resourceClass)}`,
      AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
    }),
  );
  return Number(attributes.ApproximateNumberOfMessages) + Number(attributes.ApproximateNumberOfMessagesNotVisible);
}

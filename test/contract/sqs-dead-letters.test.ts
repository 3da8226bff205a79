import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { expect, it } from 'vitest';
import { SqsDeadLetters } from '../../functions/adapters/sqs/dead-letters.ts';
import { awsClient } from '../doubles/aws-client.ts';
import { deadLettersContract } from './dead-letters-contract.ts';

const client = new SQSClient({ ...awsClient, useQueueUrlAsEndpoint: false });
let deployments = 0;

/** Makes the dead-letter queues of a deployment of its own. */
async function deployment() {
  const prefix = `letters-${Date.now().toString(36)}-${++deployments}-`;
  const queueUrlPrefix = `${awsClient.endpoint}/000000000000/${prefix}`;
  for (const name of ['default', 'io-intensive']) {
    await client.send(new CreateQueueCommand({ QueueName: `${prefix}${name}-dead-letters` }));
  }
  return { prefix, queueUrlPrefix, deadLetters: new SqsDeadLetters(client, queueUrlPrefix) };
}

const text = (StringValue: string) => ({ DataType: 'String', StringValue });

deadLettersContract('SQS', async () => {
  const { prefix, queueUrlPrefix, deadLetters } = await deployment();
  return {
    deadLetters,
    put: async ({ body, laneName, reason }) => {
      await client.send(
        new SendMessageCommand({
          QueueUrl: `${queueUrlPrefix}default-dead-letters`,
          MessageBody: body,
          MessageAttributes: {
            ...(laneName === undefined ? {} : { queueName: text(prefix + laneName) }),
            ...(reason === undefined ? {} : { reason: text(reason) }),
          },
        }),
      );
    },
  };
});

it('a letter that SQS itself has set aside names the lane that it came from', async () => {
  const { prefix, queueUrlPrefix, deadLetters } = await deployment();
  const { Attributes: attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: `${queueUrlPrefix}default-dead-letters`, AttributeNames: ['QueueArn'] }),
  );
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: attributes?.QueueArn, maxReceiveCount: 1 });
  const QueueUrl = `${queueUrlPrefix}default-high-0`;
  await client.send(
    new CreateQueueCommand({
      QueueName: `${prefix}default-high-0`,
      Attributes: { RedrivePolicy, VisibilityTimeout: '0' },
    }),
  );
  await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'letter' }));
  for (let receives = 0; receives < 3; receives++) {
    await client.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 1 }));
    await sleep(100);
  }
  const [letter] = await deadLetters.take('default', 60);
  expect(letter).toMatchObject({ body: 'letter', laneName: 'default-high-0', reason: undefined });
});

import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import { CreateQueueCommand, GetQueueAttributesCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';

export type BusEvent = { readonly 'detail-type': string; readonly detail: Readonly<Record<string, unknown>> };

type Client = {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
};

/** Has a queue be told all that a bus is told of tasks; returns how to get the events of a task, once its last is there. */
export async function listenTo(
  EventBusName: string,
  client: Client,
): Promise<(id: string, last: string) => Promise<BusEvent[]>> {
  const sqs = new SQSClient({ ...client, useQueueUrlAsEndpoint: false });
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: `events-${Date.now()}` }));
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
  const bus = new EventBridgeClient(client);
  const Rule = 'everything';
  const EventPattern = JSON.stringify({ source: ['millrace'] });
  await bus.send(new PutRuleCommand({ EventBusName, Name: Rule, EventPattern }));
  const Targets = [{ Id: 'queue', Arn: Attributes?.QueueArn }];
  await bus.send(new PutTargetsCommand({ EventBusName, Rule, Targets }));
  const told = new Map<unknown, BusEvent>();
  return async (id, last) => {
    const ofTask = () => [...told.values()].filter(({ detail }) => detail.taskInstanceId === id);
    const deadline = Date.now() + 30_000;
    while (Date.now() < deadline && !ofTask().some((event) => event['detail-type'] === last)) {
      const request = { QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 };
      const { Messages: messages = [] } = await sqs.send(new ReceiveMessageCommand(request));
      for (const { Body: body = '' } of messages) {
        const event = JSON.parse(body) as BusEvent;
        told.set(event.detail.id, event);
      }
    }
    return ofTask();
  };
}

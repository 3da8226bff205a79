import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CloudFormationClient, GetTemplateCommand } from '@aws-sdk/client-cloudformation';
import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, inject, it } from 'vitest';
import { encodeMessage, encodeTask } from '../../functions/core/task/message.ts';
import { awsClient } from '../doubles/aws-client.ts';
import { taskSeed, tenant } from '../doubles/task-seed.ts';
import { until } from './api.ts';

const { assembly } = inject('stack');
const sqs = new SQSClient({ ...awsClient, useQueueUrlAsEndpoint: false });
const queueUrl = (name: string): string => `${awsClient.endpoint}/000000000000/millrace-${name}`;

const send = (name: string, body: string) =>
  sqs.send(new SendMessageCommand({ QueueUrl: queueUrl(name), MessageBody: body, MessageGroupId: 'local' }));

describe('a message on a lane', () => {
  const seed = () =>
    taskSeed({
      tenantId: tenant('local'),
      type: 'markdown.render',
      createdAt: Date.now(),
      input: { inline: { markdown: '# hi' } },
    });

  it('runs its task even where no row was ever written', async () => {
    const task = seed();
    await send('default-normal-0', encodeMessage([encodeTask(task)]));
    expect(await until(task.id, 'succeeded')).toMatchObject({ attempt: 1, output: { html: expect.any(String) } });
  });

  it('delivered several times runs its task once', async () => {
    const task = seed();
    await Promise.all(Array.from({ length: 4 }, () => send('default-normal-0', encodeMessage([encodeTask(task)]))));
    await until(task.id, 'succeeded');
    await sleep(1000);
    expect(await until(task.id, 'succeeded')).toMatchObject({ attempt: 1 });
  });

  it('that is malformed is set aside at once, with the reason, and never delivered again', async () => {
    await send('default-low-0', '{"v":1,"tasks":[{"id":"nonsense"}]}');
    const deadline = Date.now() + 45_000;
    for (;;) {
      const { Messages: [letter] = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: queueUrl('default-dead-letters'),
          MessageAttributeNames: ['All'],
          WaitTimeSeconds: 1,
        }),
      );
      if (letter !== undefined) {
        expect(letter.Body).toBe('{"v":1,"tasks":[{"id":"nonsense"}]}');
        expect(letter.MessageAttributes).toMatchObject({
          reason: { StringValue: 'tasks.0.id: is no task id' },
          queueName: { StringValue: 'millrace-default-low-0' },
        });
        return;
      }
      if (Date.now() > deadline) throw new Error('no dead letter came');
    }
  });
});

describe('the stack that was deployed', () => {
  it.each(['millrace-data', 'millrace-execution', 'millrace-api'])('%s is what `cdk deploy` ships', async (name) => {
    const { TemplateBody: deployed } = await new CloudFormationClient(awsClient).send(
      new GetTemplateCommand({ StackName: name }),
    );
    const synthesized = await readFile(join(assembly, `${name}.template.json`), 'utf8');
    expect(JSON.parse(deployed ?? '')).toEqual(JSON.parse(synthesized));
  });
});

import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { expect, it } from 'vitest';
import type { JsonValue } from '../../functions/core/json.ts';
import { encodeMessage, encodeTask } from '../../functions/core/task/message.ts';
import { awsClient } from '../doubles/aws-client.ts';
import { taskSeed, tenant } from '../doubles/task-seed.ts';
import { call, until } from './api.ts';
import { accessibilityViolations } from './browser.ts';
import { grant } from './grant.ts';
import { button, confirm, expectAccessible, inConsole } from './in-console.ts';

const sqs = new SQSClient({ ...awsClient, useQueueUrlAsEndpoint: false });

/** Sets a message aside as SQS does after its last delivery; no other test uses the lane. */
async function deadLetter(input: JsonValue = { markdown: '# hi' }) {
  const task = taskSeed({
    tenantId: tenant('local'),
    type: 'markdown.render',
    input: { inline: input },
    resourceClass: 'cpu-intensive',
    executorKey: 'cpu-intensive/low/0',
    priority: 'low',
    createdAt: Date.now(),
  });
  await sqs.send(
    new SendMessageCommand({
      QueueUrl: `${awsClient.endpoint}/000000000000/millrace-cpu-intensive-dead-letters`,
      MessageBody: encodeMessage([encodeTask(task)]),
      MessageGroupId: 'local',
    }),
  );
  return task;
}

it('lanes are shown as they are, and their dead letters sent again once that is confirmed', async () => {
  const { id } = await deadLetter();
  await inConsole('#/lanes', async (page) => {
    const lanes = page.getByRole('table', { name: /^cpu-intensive/ });
    await lanes.getByText('1 dead letter').waitFor();
    expect(await lanes.getByRole('row').count()).toBe(6);
    await lanes.getByRole('link', { name: 'low-0' }).click();
    await page.getByRole('heading', { level: 1, name: 'cpu-intensive-low-0' }).waitFor();
    await page
      .getByRole('row', { name: /deliveries_exhausted/ })
      .getByRole('link', { name: id })
      .waitFor();
    expect(await accessibilityViolations(page)).toEqual([]);
    await button(page, 'Redrive').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Redrive' }).click();
    await page.getByText('1 task sent again.').waitFor();
    await page.getByText('This lane has no dead letters.').waitFor();
  });
  await until(id, 'succeeded');
});

it('a dead letter is looked at, changed and sent, with what is wrong told by its place, or dropped', async () => {
  const [wrong, unwanted] = [await deadLetter({ markdown: 7 }), await deadLetter()];
  await inConsole('#/lanes/cpu-intensive-low-0', async (page) => {
    const open = (id: string) =>
      page.getByRole('row', { name: new RegExp(id) }).getByRole('link', { name: /^Open the message/ });
    await open(wrong.id).click();
    const field = page.getByLabel('The message, as JSON');
    const message = JSON.parse(await field.inputValue());
    await page.getByRole('heading', { name: '1 task in it' }).waitFor();
    await expectAccessible(page);
    const dialog = page.getByRole('dialog');
    await field.fill('{"v": 1,');
    await confirm(page, 'Send as changed');
    expect(await dialog.getByRole('alert').textContent()).toMatch(/The message is no JSON/);
    await button(page, 'Go back').click();
    await field.fill(JSON.stringify(message));
    await confirm(page, 'Send as changed');
    expect(await dialog.getByRole('listitem').textContent()).toMatch(/^\/message\/tasks\/0\/input\/inline\/markdown /);
    await button(page, 'Go back').click();
    message.tasks[0].input.inline.markdown = '# mended';
    await field.fill(JSON.stringify(message));
    await confirm(page, 'Send as changed');
    await page.getByText('1 task sent again.').waitFor();
    await open(unwanted.id).click();
    await confirm(page, 'Drop');
    await page.getByText('The message is dropped, and 1 task cancelled.').waitFor();
    await page.getByText('This lane has no dead letters.').waitFor();
    await expectAccessible(page);
  });
  expect(await until(wrong.id, 'succeeded')).toMatchObject({ input: { markdown: '# mended' } });
  expect((await call('GET', `/api/tasks/${unwanted.id}`)).body).toMatchObject({ status: 'cancelled' });
});

it('dead letters are not shown to a key that may not operate: the page says so', async () => {
  await inConsole(
    '#/lanes/cpu-intensive-high-0',
    async (page) => expect(await page.getByRole('alert').textContent()).toMatch(/scope operate/),
    await grant('local', ['read']),
  );
});

it('a lane that is not there is none', async () => {
  await inConsole('#/lanes/nowhere', async (page) => {
    expect(await page.getByRole('alert').textContent()).toMatch(/There is no lane/);
  });
});

import { describe, expect, it } from 'vitest';
import { DynamoFanOuts } from '../../../../../functions/adapters/dynamo/fan-outs.ts';
import { n, type Row, s } from '../../../../../functions/adapters/dynamo/requests/row.ts';
import { endAttributes } from '../../../../../functions/adapters/dynamo/settlement-attributes.ts';
import { rowOfNew } from '../../../../../functions/adapters/dynamo/task-row.ts';
import { DynamoTaskStore } from '../../../../../functions/adapters/dynamo/task-store.ts';
import { newTask } from '../../../../../functions/core/task/task.ts';
import { failure, NOW } from '../../../../doubles/store-driver.ts';
import { taskSeed } from '../../../../doubles/task-seed.ts';
import { type Answer, aws, type Seen } from '../../../runtime/templated-clients.ts';

const LATER = NOW + 60_000;
const seed = taskSeed({ createdAt: NOW });
const queued: Row = rowOfNew(newTask(seed), undefined, 1);
const waiting: Row = { ...queued, status: s('waiting'), attempt: n(1), startedAt: n(NOW), fanOut: s('1/2') };
const failed: Row = { ...queued, ...endAttributes(failure, 14), attempt: n(1), startedAt: n(NOW) };

type Update = {
  readonly UpdateExpression: string;
  readonly ExpressionAttributeNames: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues: Row;
};

/** Makes of a row what an update does that only sets and removes. */
function updated(row: Row, { UpdateExpression, ExpressionAttributeNames: names, ...update }: Update): Row {
  const [, set = '', remove = ''] = /^SET (.*?)(?: REMOVE (.*))?$/.exec(UpdateExpression) ?? [];
  const changed = { ...row };
  for (const action of set.split(', ')) {
    const [name = '', value = ''] = action.split(' = ');
    Object.assign(changed, { [names[name] ?? '']: update.ExpressionAttributeValues[value] });
  }
  for (const name of remove.split(', ')) delete changed[names[name] ?? ''];
  return changed;
}

/**
 * Keeps one row, of which the first update is made and its answer lost; the next ones are refused by it. `others` is what somebody else
 * makes of the row in between.
 */
function table(row: Row, others: (made: Row, before: Row) => Row = (made) => made) {
  let found = row;
  let updates = 0;
  const answerOf = ({ headers, body }: Seen): Answer => {
    const [, operation] = String(headers['x-amz-target']).split('.');
    if (operation === 'GetItem') return { body: { Item: found } };
    if (updates++ === 0) {
      found = others(updated(found, JSON.parse(body)), found);
      return { body: '', breaks: 'before' };
    }
    const refusal = 'com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException';
    return { status: 400, body: { __type: refusal, message: 'The conditional request failed', Item: found } };
  };
  return { answerOf, updates: () => updates };
}

const options = { tableNames: ['tasks'], indexShards: 1, retentionDays: 14 };

async function over(row: Row, others?: (made: Row, before: Row) => Row) {
  const { answerOf, updates } = table(row, others);
  const { plain } = await aws(answerOf);
  return { store: new DynamoTaskStore(plain, options, () => {}), fanOuts: new DynamoFanOuts(plain, options), updates };
}

describe('a write whose answer is lost, and that the client makes again', () => {
  it('is the retry that was asked for', async () => {
    const { store, updates } = await over(failed);
    expect(await store.retry(seed.tenantId, seed.id, NOW, LATER)).toMatchObject({
      result: 'queued',
      task: { status: 'queued', attempt: 1, attemptsBeforeRetry: 1 },
    });
    expect(updates()).toBe(2);
  });

  it('is the cancel that was asked for', async () => {
    const { store } = await over(queued);
    expect(await store.cancel(seed.tenantId, seed.id, NOW)).toMatchObject({
      result: 'cancelled',
      task: { status: 'cancelled', finishedAt: NOW },
    });
  });

  it.each([
    ['goes on', 'queued'],
    ['fails', 'failed'],
  ])('is how a task %s that waited for subtasks', async (_, result) => {
    const { fanOuts } = await over(waiting);
    const parent = { tenantId: seed.tenantId, id: seed.id, attempt: 1 };
    const write = result === 'queued' ? fanOuts.resume(parent, LATER) : fanOuts.fail(parent, failure.error, NOW, LATER);
    expect(await write).toMatchObject({ result, task: { status: result } });
  });

  it("is refused where the row is another's work", async () => {
    // The first was not made at all, and somebody else has retried the task a moment later.
    const { store } = await over(failed, (made) => ({ ...made, dueAt: n(LATER + 1) }));
    expect(await store.retry(seed.tenantId, seed.id, NOW, LATER)).toMatchObject({
      result: 'refused',
      task: { status: 'queued' },
    });
    const cancelled = await over(queued, (_, before) => ({
      ...before,
      ...endAttributes({ status: 'cancelled', finishedAt: NOW - 1 }, 14),
    }));
    expect(await cancelled.store.cancel(seed.tenantId, seed.id, NOW)).toMatchObject({ result: 'finished' });
  });
});

it('a write that was made once and is refused is refused, however alike the row is', async () => {
  const { store } = await over(failed, (made) => made);
  const [one, two] = await Promise.all([1, 2].map(() => store.retry(seed.tenantId, seed.id, NOW, LATER)));
  // One of them is made again, and the other is refused at once.
  expect([one?.result, two?.result].toSorted()).toEqual(['queued', 'refused']);
});

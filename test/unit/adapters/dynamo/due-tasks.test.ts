import { type DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { expect, it } from 'vitest';
import { DynamoDueTasks } from '../../../../functions/adapters/dynamo/due-tasks.ts';
import { n, type Row, s } from '../../../../functions/adapters/dynamo/requests/row.ts';
import { dueAttributes, rowKey, seedAttributes } from '../../../../functions/adapters/dynamo/task-row.ts';
import { newTask } from '../../../../functions/core/task/task.ts';
import { dueTasks } from '../../../doubles/due-tasks.ts';
import { taskSeed } from '../../../doubles/task-seed.ts';

const rowOf = (status: string) => {
  const seed = taskSeed();
  const row: Row = {
    ...rowKey(seed.tenantId, seed.id),
    ...seedAttributes(seed, 1),
    ...dueAttributes(seed.id, 1000, 1),
    status: s(status),
    attempt: n(0),
  };
  return { seed, row };
};

it('a due task that this version cannot read keeps no other from its turn', async () => {
  const [unknown, known] = [rowOf('dreaming'), rowOf('queued')];
  const rows = [unknown.row, known.row];
  const send = async (command: unknown) =>
    command instanceof QueryCommand ? { Items: rows } : { Responses: { tasks: rows } };
  const logged: unknown[] = [];
  const due = new DynamoDueTasks(
    { send } as unknown as DynamoDBClient,
    { tableNames: ['tasks'], indexShards: 1 },
    (...line) => logged.push(line),
  );
  expect(await dueTasks(due, 2000)).toEqual([{ task: newTask(known.seed), dueAt: 1000 }]);
  expect(logged).toEqual([['error', 'due task unreadable', { row: unknown.row.pk?.S, reason: expect.any(String) }]]);
});

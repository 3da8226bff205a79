import { PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { expect, it } from 'vitest';
import { rowOfSchedule } from '../../../../../functions/adapters/dynamo/schedules/schedule-row.ts';
import { DynamoScheduleStore } from '../../../../../functions/adapters/dynamo/schedules/schedule-store.ts';
import { SWEEP_PERIOD_SECONDS } from '../../../../../functions/contract.ts';
import { LIST_PRICES } from '../../../../../lib/list-prices.ts';
import { indexedClient } from '../../../../doubles/indexed-client.ts';
import { fire, scheduleAt } from '../../../../doubles/schedules.ts';
import { greet } from '../../../../doubles/task-definitions.ts';
import { createWorld } from '../../../../doubles/world.ts';

const SCHEDULES = 100_000;
const MINUTES_OF_DAY = 1_440;

/** A firing writes its row, and moves its entry in `due`: that is taken out at one place and put in at another. */
const WRITE_UNITS = 3;
/** Its row is read consistently, which the double counts as half a unit. */
const READ_UNITS = 1;
/** A task of the happy path (`test/contract/units.test.ts`). */
const TASK_WRITE_UNITS = 5;

it('100,000 schedules of once a day cost what is due, and to look for that less than 2 % of what the tasks cost the table', async () => {
  const world = createWorld([greet]);
  const { client, put, spent } = indexedClient();
  const sent = { writes: 0, queries: 0 };
  const send = client.send.bind(client) as (command: object) => Promise<object>;
  const counted = (command: object): Promise<object> => {
    if (command instanceof PutItemCommand) sent.writes += 1;
    if (command instanceof QueryCommand) sent.queries += 1;
    return send(command);
  };
  const schedules = new DynamoScheduleStore(Object.assign(client, { send: counted }), 'schedules', world.ports.log);
  for (let count = 0; count < SCHEDULES; count++) {
    const nextAt = world.now + ((count % MINUTES_OF_DAY) + 1) * 60_000;
    const one = await scheduleAt(world.now, { cadence: { rateMinutes: MINUTES_OF_DAY }, nextAt });
    put('schedules', rowOfSchedule({ ...one, dueAt: nextAt }));
  }
  const run = async () => {
    spent();
    Object.assign(sent, { writes: 0, queries: 0 });
    world.now += 30_000;
    await fire(world, { ...world.ports, schedules });
    return { ...sent, reads: spent() };
  };
  // Half a minute has none.
  expect(await run()).toEqual({ writes: 0, queries: 1, reads: 0.5 });
  const due = Math.ceil(SCHEDULES / MINUTES_OF_DAY);
  const minute = await run();
  expect(minute.writes).toBe(due);
  // An entry of the index is read in a page of many.
  expect(minute.reads).toBeLessThanOrEqual(0.55 * due);

  const runs = 3_600 / SWEEP_PERIOD_SECONDS;
  const firings = SCHEDULES / 24;
  const { writeUnits, readUnits } = LIST_PRICES;
  const tasks = firings * TASK_WRITE_UNITS * writeUnits;
  const looking = runs * 0.5 * readUnits;
  expect(looking / tasks).toBeLessThan(0.02);
  // What is made of them is three fifths of what their tasks take, and no more.
  const made = firings * (WRITE_UNITS * writeUnits + READ_UNITS * readUnits);
  expect(made / tasks).toBeLessThan(0.65);
}, 120_000);

import * as z from 'zod';
import { once } from '../../core/once.ts';
import { redrive } from '../../core/redrive.ts';
import { anotherUnderWaySchema, availableDeadLetters } from '../available-dead-letters.ts';
import { foundLane, laneParameter } from '../found-lane.ts';
import type { Route } from '../route.ts';

/** A request lasts 29 s at most, and what was taken has still to be given back. */
const REDRIVE_MILLISECONDS = 20_000;

const redrivenSchema = once(() => {
  const count = z.int().min(0);
  return z
    .strictObject({
      messages: count.describe('Dead letters that were sent to their lane again'),
      tasks: count.describe('The tasks in them'),
      unreadable: count.describe('Those that stay, since no executor could read them'),
      refused: count.describe('Those that stay, since their lane did not take them'),
      ofOthers: count.describe(
        "Those that stay, since they are other tenants' and the key has not the scope `platform`",
      ),
      isMoreLeft: z.boolean().describe('Not all dead letters were seen: ask again'),
      isAnotherUnderWay: anotherUnderWaySchema(),
    })
    .meta({ id: 'Redriven' });
});

export const redriveLane: Route = {
  operationId: 'redriveLane',
  summary: "Send a lane's dead letters to it again; with the scope `platform` those of all tenants",
  parameters: [laneParameter],
  response: {
    status: 202,
    description:
      'What was sent. A task that has ended in the meantime does not run again. Where another redrive or list of the class ' +
      'is under way, or has died within the last minute, `isAnotherUnderWay` says so: letters in its hand are not seen',
    schema: redrivenSchema,
  },
  problems: ['not_found', 'unavailable'],

  async handle(request, { tenantId, scopes }, ports) {
    const { resourceClass, laneName } = foundLane(request, ports);
    const deadline = ports.clock() + REDRIVE_MILLISECONDS;
    const deadLetters = availableDeadLetters(ports.deadLetters);
    return {
      status: 202,
      body: await redrive(resourceClass, laneName, scopes.includes('platform') ? 'all' : tenantId, deadline, {
        ...ports,
        deadLetters,
      }),
    };
  },
};

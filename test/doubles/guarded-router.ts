import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { defineTask, type TaskDefinition } from '../../functions/core/define-task.ts';
import { answer } from '../../functions/router/router.ts';
import { surviveStrayErrors } from '../../functions/runtime/stray-errors.ts';
import { apiEvent } from './api-event.ts';
import { greet } from './task-definitions.ts';
import { createWorld } from './world.ts';

/**
 * A process like that of a router, to be started by a test with what schemas do on the side. Prints for each, after what was
 * logged of it, what became of a submit to that schema, of one under way beside it and of a later one, and what was recorded.
 */
const names = process.argv.slice(2);

const boom = (): never => {
  throw new Error('boom');
};

const ASIDE: Readonly<Record<string, () => void>> = {
  'rejects unawaited': () => void (async () => boom())(),
  'rejects unawaited with what cannot be read': () => void Promise.reject(Proxy.revocable({}, {}).proxy),
  'throws in a timer': () => void setTimeout(boom, 5),
  'throws in a microtask': () => queueMicrotask(boom),
  'removes what hears errors, and rejects unawaited': () => {
    process.removeAllListeners();
    void Promise.reject(new Error('boom'));
  },
  'captures errors, and throws in a timer': () => {
    process.setUncaughtExceptionCaptureCallback(() => process.exit(3));
    setTimeout(boom, 5);
  },
};

let { meter } = createWorld().ports;
surviveStrayErrors('router', { record: (...value) => meter.record(...value) });

const refined = (type: string, check: () => boolean | Promise<boolean>): TaskDefinition =>
  defineTask({ ...greet, type, input: z.object({ name: z.string() }).refine(check) }) as TaskDefinition;

for (const name of names) {
  const world = createWorld([
    greet as TaskDefinition,
    refined('slow', async () => sleep(50, true)),
    refined('careless', () => {
      ASIDE[name]?.();
      return true;
    }),
  ]);
  const submit = async (type: string) =>
    (await answer(apiEvent('POST /api/tasks', { body: { type, input: { name: 'Ada' } } }), world.ports)).statusCode;
  meter = world.ports.meter;
  const beside = submit('slow');
  const careless = await submit('careless');
  const statuses = [careless, await beside, await submit('greet')];
  process.stdout.write(`${JSON.stringify({ name, statuses, recorded: world.recorded })}\n`);
}

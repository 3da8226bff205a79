import * as z from 'zod';
import { once } from '../../core/concurrency.ts';
import { parseBody } from '../http/body.ts';
import { fieldErrors, orUnavailable, Problem } from '../http/problem.ts';
import type { Request, Route } from '../route.ts';
import { editedTasks, keepEdited } from './edited-message.ts';
import { letterParameters, refuseShared, withLetter } from './letter-access.ts';

const bodySchema = once(() =>
  z.strictObject({
    message: z
      .record(z.string(), z.unknown())
      .optional()
      .describe('Sent in place of the message: as `GET` shows it, changed; as it is unless given'),
  }),
);

export const redriveDeadLetter: Route = {
  operationId: 'redriveDeadLetter',
  summary: 'Send a dead letter to its lane again, as it is or changed',
  parameters: letterParameters,
  requestBody: bodySchema,
  response: {
    status: 202,
    description: 'It is no dead letter any more. A task in it that has ended in the meantime does not run again',
    schema: () => z.strictObject({ id: z.string(), tasks: z.int().describe('How many were sent') }),
  },
  problems: [
    ...(['invalid_request', 'not_found', 'invalid_status', 'payload_too_large'] as const),
    ...(['unsupported_media_type', 'unavailable'] as const),
  ],

  async handle(request, caller, ports) {
    const message = messageOf(request);
    const tasks = await withLetter(request, caller, ports, async (letter) => {
      refuseShared(letter);
      if (message === undefined && letter.tasks.length === 0) throw unreadable();
      const edited = message === undefined ? undefined : await editedTasks(message, letter, caller, ports);
      const sent = edited === undefined ? letter.tasks : await keepEdited(edited, letter, ports);
      const refused = await orUnavailable(ports.queue.sendAll(sent.map((task) => ({ task, delaySeconds: 0 }))));
      if (refused.size > 0) {
        throw new Problem('unavailable', 'its lane did not take it, and it is a dead letter as before: try again', {
          headers: { 'retry-after': '1' },
        });
      }
      return { made: sent.length, remove: true };
    });
    return { status: 202, body: { id: request.parameters.id ?? '', tasks } };
  },
};

const unreadable = (): Problem =>
  new Problem('invalid_status', 'no executor can read it as it is: send it with a `message` that one can, or drop it');

/** Reads the message to send instead, where the request has one. */
function messageOf(request: Request): Record<string, unknown> | undefined {
  if (request.body.length === 0) return undefined;
  const body = parseBody(request);
  const parsed = bodySchema().safeParse(body.value);
  const errors = parsed.success ? body.numberErrors : fieldErrors(parsed.error.issues);
  if (!parsed.success || errors.length > 0) {
    throw new Problem('invalid_request', 'the body is not what this call takes', { errors });
  }
  return parsed.data.message;
}

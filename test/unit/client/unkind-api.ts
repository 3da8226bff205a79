import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { createClient } from '../../../client/create-client.ts';
import { fail, type SingleTaskDefinition } from '../../../functions/core/define-task.ts';
import { answer } from '../../../functions/router/router.ts';
import { apiEvent } from '../../doubles/api-event.ts';
import { echo, greet } from '../../doubles/task-definitions.ts';
import { createWorld, type World } from '../../doubles/world.ts';
import { bodyOf, serve } from '../adapters/loopback-server.ts';

/** Fails whatever it is given. */
const refuse: SingleTaskDefinition = {
  ...greet,
  type: 'refuse',
  input: echo.input,
  run: async () => fail('unspeakable', 'no'),
};

type Reply = { readonly status: number; readonly headers: Record<string, string>; readonly body: string };
/** What becomes of a request; `answers` has the API do what it asks for. */
type Behaviour = (answers: () => Promise<Reply>, response: ServerResponse) => void | Promise<void>;

const send = (response: ServerResponse, { status, headers, body }: Reply) =>
  response.writeHead(status, headers).end(body);

const refuses = (status: number, code: string, retryAfter?: string): Behaviour =>
  refusesWith(status, JSON.stringify({ type: 'about:blank', title: 'No', status, code, detail: 'not now' }), {
    'content-type': 'application/problem+json',
    ...(retryAfter === undefined ? {} : { 'retry-after': retryAfter }),
  });
const refusesWith =
  (status: number, body: string, headers: Record<string, string> = { 'content-type': 'text/html' }): Behaviour =>
  (_, response) => {
    send(response, { status, headers, body });
  };

/** What a network, a gateway or an API that has too much to do makes of a request. */
export const unkind = {
  /** The request never comes to the API. */
  isLost: ((_, response) => void response.destroy()) satisfies Behaviour,
  /** The API does what it is asked for, and nobody is told. */
  answerIsLost: (async (answers, response) => {
    await answers();
    response.destroy();
  }) satisfies Behaviour,
  answerIsCut: (async (answers, response) => {
    const { status, headers, body } = await answers();
    response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
    response.write(body.slice(0, body.length / 2), () => response.destroy());
  }) satisfies Behaviour,
  /** Whoever is in between ends the answer early, as if it were whole. */
  answerIsShort: (async (answers, response) => {
    const reply = await answers();
    send(response, { ...reply, body: reply.body.slice(0, reply.body.length / 2) });
  }) satisfies Behaviour,
  answersNever: (() => {}) satisfies Behaviour,
  answersHalf: (async (answers, response) => {
    const { status, headers, body } = await answers();
    response.writeHead(status, headers);
    response.write(body.slice(0, body.length / 2));
  }) satisfies Behaviour,
  refuses,
  refusesWith,
};

type Seen = { readonly request: string; readonly headers: IncomingMessage['headers']; readonly body: string };

/** Starts the router, in memory, behind a server that does with each request what the next of `behaviours` says; then what it is asked. */
export async function startUnkindApi(...behaviours: Behaviour[]) {
  const world: World = createWorld([greet, echo, refuse]);
  // The client waits in time that passes.
  const sleep = async (milliseconds: number) => {
    await pause(milliseconds);
    world.now += milliseconds;
  };
  Object.assign(world.ports, { sleep });
  const seen: Seen[] = [];
  const { url } = await serve(async (request, response) => {
    const body = await bodyOf(request);
    const call = `${request.method} ${request.url}`;
    seen.push({ request: call, headers: request.headers, body });
    const answers = async (): Promise<Reply> => {
      const sent = body === '' ? {} : { body };
      // The client's own headers come as API Gateway hands them over.
      const headers = request.headers as Record<string, string>;
      const receivedAt = world.now;
      const event = apiEvent(call, { ...sent, headers: { ...headers, 'accept-encoding': undefined }, receivedAt });
      const result = await answer(event, world.ports);
      return {
        status: result.statusCode ?? 0,
        headers: result.headers as Record<string, string>,
        body: result.body ?? '',
      };
    };
    const behaviour = behaviours.shift();
    if (behaviour === undefined) send(response, await answers());
    else await behaviour(answers, response);
  });
  const client = createClient({ url, key: 'mr_key', deadlineSeconds: 5 });
  return { url, world, seen, client, behaviours };
}

import { type TaskCatalog, type TaskDefinition, TaskFailure } from '../functions/core/define-task.ts';
import type { Tracing } from '../functions/core/ports.ts';
import { callHandler } from '../functions/executor/attempt/run-handler.ts';
import type { Notes } from './notes.ts';
import { testHttp } from './test-http.ts';
import { classesOf, type TestOptions } from './test-options.ts';

/** Follows nothing. */
const tracing: Tracing = {
  header: () => undefined,
  isRecording: () => false,
  call: (_name, work) => work(),
  apart: (work) => work(),
  segment: (_name, _trace, _annotations, work) => work(() => {}),
};

/** A cancelled attempt ends so soon; in a deployment, an executor looks every few seconds. */
const CHECK_MILLISECONDS = 10;

/** Makes what an attempt needs of its executor, beside the store. */
export function testPorts(definition: TaskDefinition, { http, secrets = {}, tasks = [] }: TestOptions, notes: Notes) {
  const noted = (one: TaskDefinition) => (one.batch === undefined ? notes.noting(one) : one);
  const catalog: TaskCatalog = Object.fromEntries(
    [...tasks, definition].map((one) => [one.type, async () => noted(one)]),
  );
  return {
    catalog,
    classes: classesOf([...tasks, definition]),
    clock: Date.now,
    http: testHttp(http),
    secret: async (name: string) => secrets[name] ?? fail(name, Object.keys(secrets)),
    // A thread of its own would load the module of the definition, which a test need not have.
    isolate: callHandler,
    log: notes.log,
    meter: { record: () => {} },
    tracing,
    checkMilliseconds: CHECK_MILLISECONDS,
  };
}

function fail(name: string, names: readonly string[]): never {
  throw new TaskFailure('unknown_secret', `there is no secret ${name}; the test has ${names.join(', ') || 'none'}`);
}

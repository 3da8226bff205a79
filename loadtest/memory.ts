/**
 * What functions keep: `npm run loadtest:memory` has the router take submits and the waiter reads, traced and not, in a process each, many
 * thousands without a pause, and looks after full collections at what the heap holds and what the process has beside it. In the first half a
 * process warms up; what it has more at the end than in the middle, it keeps of requests. All are bundled as they are deployed and talk to a
 * stub that answers at once. Exits with 1 where anything is kept.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { getHeapStatistics } from 'node:v8';
import { apiRequest } from './api-request.ts';
import { bundled, FUNCTION_ENVIRONMENT } from './bundled.ts';
import { ownBytes } from './scenarios/own-memory.mjs';
import { check } from './verdict.ts';

const LOOKS = 10;
/** An allocator that has given back all that it was asked for may have so many bytes of a request more. */
const MOST_BYTES_OF_REQUEST = 256;
const MEGABYTE = 1024 * 1024;

const traced = { 'x-amzn-trace-id': 'Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=1' };
const submit = { body: { type: 'work', input: { milliseconds: 0 } } };
/** The task that the stub knows. */
const read = { parameters: { id: '01KB7QK3ZX0000000000000000-0' } };
const COURSES = {
  'submits to the router': { door: 'router', event: apiRequest('POST /api/tasks', submit), requests: 60_000 },
  'traced submits': {
    door: 'router',
    event: apiRequest('POST /api/tasks', { ...submit, headers: traced }),
    requests: 12_000,
  },
  'reads of the waiter': { door: 'waiter', event: apiRequest('GET /api/tasks/{id}', read), requests: 60_000 },
  'traced reads': {
    door: 'waiter',
    event: apiRequest('GET /api/tasks/{id}', { ...read, headers: traced }),
    requests: 12_000,
  },
} as const;
type Course = keyof typeof COURSES;

type Look = { readonly heapBytes: number; readonly besideBytes: number };

const [, , course, file] = process.argv;
if (course === undefined || file === undefined) await compare();
else await takeCourse(course as Course, file);

async function compare(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-memory-'));
  const stub = fork(join(import.meta.dirname, 'aws-stub.ts'));
  try {
    const [port] = await once(stub, 'message');
    const catalog = join(import.meta.dirname, 'peers/millrace-tasks.ts');
    for (const [name, { door, requests }] of Object.entries(COURSES)) {
      const bundle = await bundled(
        join(import.meta.dirname, `../functions/${door}/index.ts`),
        door,
        directory,
        catalog,
      );
      const child = fork(import.meta.filename, [name, bundle], {
        execArgv: ['--expose-gc'],
        env: {
          ...process.env,
          ...FUNCTION_ENVIRONMENT,
          MILLRACE_TRACED_SHARE: '1',
          AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
        },
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      });
      const [looks] = (await once(child, 'message')) as [Look[]];
      tell(name, requests, looks);
    }
  } finally {
    stub.disconnect();
    await rm(directory, { recursive: true });
  }
}

function tell(name: string, requests: number, looks: readonly Look[]): void {
  const [first, middle, last] = [looks[1], looks[LOOKS / 2], looks[LOOKS]];
  if (first === undefined || middle === undefined || last === undefined) throw new Error(`${name}: too few looks`);
  const shown = (bytes: (look: Look) => number) =>
    [first, middle, last].map((look) => Math.round(bytes(look) / MEGABYTE)).join(', ');
  console.log(
    `${name}, MB: heap ${shown(({ heapBytes }) => heapBytes)}, beside it ${shown(({ besideBytes }) => besideBytes)}`,
  );
  const kept = last.heapBytes + last.besideBytes - middle.heapBytes - middle.besideBytes;
  check(
    `  bytes kept of a request in the second half of ${requests}`,
    Math.round(kept / (requests / 2)),
    (bytes) => bytes <= MOST_BYTES_OF_REQUEST,
  );
}

/** Hands a door its requests, one after the other, and tells its parent what it had on the way. */
async function takeCourse(name: Course, bundle: string): Promise<void> {
  const { event, requests } = COURSES[name];
  const { handler } = (await import(bundle)) as {
    handler: (event: unknown, context: object) => Promise<{ readonly statusCode: number }>;
  };
  const looks: Look[] = [await look()];
  for (let count = 1; count <= requests; count++) {
    const { statusCode } = await handler(event, { getRemainingTimeInMillis: () => 29_000 });
    if (statusCode >= 300) throw new Error(`${name} were answered with ${statusCode}`);
    if (count % (requests / LOOKS) === 0) looks.push(await look());
  }
  process.send?.(looks, () => process.exit());
}

/** Returns what is kept: a second collection takes what the first has let go of. */
async function look(): Promise<Look> {
  for (let collections = 0; collections < 2; collections++) {
    globalThis.gc?.();
    await sleep(100);
  }
  const { used_heap_size: heapBytes, total_physical_size: roomBytes } = getHeapStatistics();
  return { heapBytes, besideBytes: ownBytes() - roomBytes };
}

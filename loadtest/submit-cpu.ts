/**
 * The router's warm CPU for each submit, beside a bare handler that does one send and one put, in one process and in
 * turns: `npm run loadtest:submit`. Both are bundled as they are deployed and talk to a stub that answers at once.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundled, FUNCTION_ENVIRONMENT } from './bundled.ts';

const ROUNDS = 15;
const SUBMITS_A_ROUND = 400;
/** The router's CPU may be so many times that of the bare handler. */
const BUDGET = 1.5;
const root = join(import.meta.dirname, '..');

type Handler = (event: unknown, context: unknown) => Promise<{ readonly statusCode: number }>;

/** Makes one small task, as API Gateway hands it over. */
const event = {
  version: '2.0',
  routeKey: 'POST /api/tasks',
  rawPath: '/api/tasks',
  rawQueryString: '',
  headers: { 'content-type': 'application/json', 'accept-encoding': 'gzip' },
  requestContext: {
    authorizer: { lambda: { tenantId: 'acme', scopes: 'submit read' } },
    http: { method: 'POST', path: '/api/tasks', protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'loadtest' },
    routeKey: 'POST /api/tasks',
  },
  body: JSON.stringify({ type: 'markdown.render', input: { markdown: '# Hello' } }),
  isBase64Encoded: false,
};

const directory = await mkdtemp(join(tmpdir(), 'millrace-load-'));
const stub = fork(join(import.meta.dirname, 'aws-stub.ts'));
try {
  const [port] = await once(stub, 'message');
  Object.assign(process.env, FUNCTION_ENVIRONMENT, { AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` });
  const handlers = {
    bare: await loaded('loadtest/bare-submit.ts', 'bare'),
    router: await loaded('functions/router/index.ts', 'router'),
  };
  // What both write to stdout, a line a request, is part of the work and none of the report.
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = () => true;
  const measured = { bare: [] as number[], router: [] as number[] };
  for (let round = -2; round < ROUNDS; round++) {
    for (const name of ['bare', 'router'] as const) {
      const micros = await cpuOf(handlers[name]);
      if (round >= 0) measured[name].push(micros);
    }
  }
  process.stdout.write = write;
  const bare = median(measured.bare);
  const router = median(measured.router);
  console.log(
    `CPU of a submit, median of ${ROUNDS} rounds of ${SUBMITS_A_ROUND}: bare ${bare.toFixed(0)} µs, router ${router.toFixed(0)} µs`,
  );
  const ratio = router / bare;
  console.log(`ratio ${ratio.toFixed(2)} (budget ${BUDGET.toFixed(2)})`);
  if (ratio > BUDGET) process.exitCode = 1;
} finally {
  stub.disconnect();
  await rm(directory, { recursive: true });
}

async function loaded(entry: string, name: string): Promise<Handler> {
  const file = await bundled(join(root, entry), name, directory);
  return ((await import(file)) as { handler: Handler }).handler;
}

/** Measures the microseconds of CPU, of this process alone, for one submit; one after another, as a warm function gets them. */
async function cpuOf(handler: Handler): Promise<number> {
  const before = process.cpuUsage();
  for (let count = 0; count < SUBMITS_A_ROUND; count++) {
    const { statusCode } = await handler(event, {});
    if (statusCode !== 202) throw new Error(`a submit was answered with ${statusCode}`);
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / SUBMITS_A_ROUND;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/**
 * What memory `csv.summarize` takes for a CSV of 500 MB that it reads from a URL: `npm run loadtest:csv`. The handler and
 * the HTTP client are bundled as they are deployed, and run in a process with the options of their class's function.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeOptionsOf, RESOURCE_CLASS_SPECS } from '../functions/resource-classes.ts';
import { bundled } from './bundled.ts';

const CSV_BYTES = 500_000_000;
const BUDGET_MB = 300;
const root = join(import.meta.dirname, '..');

type Measured = {
  readonly rows: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number;
  readonly samples: number;
};

const directory = await mkdtemp(join(tmpdir(), 'millrace-load-'));
const server = fork(join(import.meta.dirname, 'csv-server.ts'));
try {
  const [port] = await once(server, 'message');
  const bundles = [
    await bundled(join(root, 'tasks/csv-summarize/definition.ts'), 'handler', directory),
    await bundled(join(root, 'functions/adapters/http/lazy-http-clients.ts'), 'client', directory),
  ];
  const url = `http://127.0.0.1:${port}/?bytes=${CSV_BYTES}`;
  const NODE_OPTIONS = nodeOptionsOf(RESOURCE_CLASS_SPECS['memory-intensive'].memoryMb);
  const attempt = fork(join(import.meta.dirname, 'csv-attempt.ts'), [...bundles, url], {
    env: { ...process.env, NODE_OPTIONS },
  });
  const [measured] = await Promise.race([
    once(attempt, 'message') as Promise<[Measured]>,
    once(attempt, 'exit').then(([code]) => Promise.reject(new Error(`the attempt ended with code ${code}`))),
  ]);
  const { rows, seconds, cpuSeconds, peakBytes, samples } = measured;
  const peakMb = peakBytes / 1e6;
  console.log(
    `csv.summarize of ${CSV_BYTES / 1e6} MB, ${rows} rows: ${seconds.toFixed(1)} s, ${cpuSeconds.toFixed(1)} s of CPU`,
  );
  console.log(`NODE_OPTIONS=${NODE_OPTIONS}`);
  console.log(`resident memory at most ${peakMb.toFixed(0)} MB in ${samples} samples (budget ${BUDGET_MB} MB)`);
  if (peakMb > BUDGET_MB) process.exitCode = 1;
} finally {
  server.disconnect();
  await rm(directory, { recursive: true });
}

/** Runs one attempt of `csv.summarize` at a URL, by the bundles of the handler and of the HTTP client; tells its parent of it. */
const [handler = '', client = '', url = ''] = process.argv.slice(2);
const SAMPLE_MS = 20;

type Handler = { readonly csvSummarize: { run(input: unknown, ctx: unknown): Promise<{ readonly rows: number }> } };
type Client = { lazyHttpClients(outboundHosts: string): { of(tenantId: string): unknown } };

let peakBytes = 0;
let samples = 0;
const sample = (): void => {
  samples++;
  peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
};

const { csvSummarize } = (await import(handler)) as Handler;
const { lazyHttpClients } = (await import(client)) as Client;
const fail = (code: string, message: string): never => {
  throw new Error(`${code}: ${message}`);
};
const ctx = { http: lazyHttpClients('127.0.0.1').of('acme'), signal: new AbortController().signal, fail };

const timer = setInterval(sample, SAMPLE_MS);
const start = performance.now();
const before = process.cpuUsage();
const { rows } = await csvSummarize.run({ url }, ctx);
const seconds = (performance.now() - start) / 1000;
const { user, system } = process.cpuUsage(before);
sample();
clearInterval(timer);
process.send?.({ rows, seconds, cpuSeconds: (user + system) / 1e6, peakBytes, samples });
process.disconnect();

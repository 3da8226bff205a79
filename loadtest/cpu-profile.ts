import { readFile, writeFile } from 'node:fs/promises';
import { type Profiler, Session } from 'node:inspector/promises';
import { SourceMap } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Call, flameGraph } from './flame-graph.ts';

/** V8 looks so often at what it runs. */
const SAMPLING_MICROSECONDS = 200;
/** So many parts of the code are listed, those that take the most first. */
const LISTED = 15;

/** The profiler's own work, and time without any, are none of what is profiled. */
const isLeftOut = ({ functionName, url }: Profiler.ProfileNode['callFrame']): boolean =>
  functionName === '(idle)' || url.startsWith('node:inspector');

/**
 * Profiles work of this process, writes its flame graph as `<name>.svg` into the directory, and returns a table of the parts of
 * the code by what they took themselves. Bundles need names and source maps.
 */
export async function writeProfile(
  name: string,
  title: string,
  directory: string,
  work: () => Promise<unknown>,
): Promise<string> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: SAMPLING_MICROSECONDS });
  await session.post('Profiler.start');
  await work();
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  const root = await callsOf(profile);
  await writeFile(join(directory, `${name}.svg`), flameGraph(root, title));
  return `${title} (${name}.svg):\n${tableOf(root)}`;
}

/** Adds up what each function took below its callers. */
async function callsOf({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): Promise<Call> {
  const taken = new Map<number, number>();
  for (const [index, id] of samples.entries()) taken.set(id, (taken.get(id) ?? 0) + (timeDeltas[index] ?? 0));
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const maps = await sourceMapsOf(nodes);
  const root = newCall('all', '(program)');
  const add = ({ id, callFrame, children = [] }: Profiler.ProfileNode, caller: Call): number => {
    const { functionName, lineNumber } = callFrame;
    if (isLeftOut(callFrame)) return 0;
    const part = partOf(callFrame, maps) ?? caller.part;
    const key = `${functionName} ${part} ${lineNumber}`;
    const call = caller.calls.get(key) ?? newCall(functionName || '(anonymous)', part);
    caller.calls.set(key, call);
    const self = taken.get(id) ?? 0;
    const within = children.flatMap((child) => byId.get(child) ?? []).reduce((sum, child) => sum + add(child, call), 0);
    call.self += self;
    call.total += self + within;
    return self + within;
  };
  const [top] = nodes;
  for (const id of top?.children ?? []) {
    const node = byId.get(id);
    if (node !== undefined) root.total += add(node, root);
  }
  return root;
}

const newCall = (name: string, part: string): Call => ({ name, part, self: 0, total: 0, calls: new Map() });

async function sourceMapsOf(nodes: readonly Profiler.ProfileNode[]): Promise<Map<string, SourceMap>> {
  const urls = new Set(nodes.map(({ callFrame: { url } }) => url).filter((url) => url.endsWith('.mjs')));
  const maps = new Map<string, SourceMap>();
  for (const url of urls) {
    const map = await readFile(`${fileURLToPath(url)}.map`, 'utf8').catch(() => undefined);
    if (map !== undefined) maps.set(url, new SourceMap(JSON.parse(map)));
  }
  return maps;
}

/** Names the part of the code that a function is of; `undefined` for what V8 has built in, which counts for its caller. */
function partOf(
  { functionName, url, lineNumber, columnNumber }: Profiler.ProfileNode['callFrame'],
  maps: ReadonlyMap<string, SourceMap>,
) {
  if (functionName === '(garbage collector)' || functionName === '(program)') return functionName;
  if (url === '') return undefined;
  const entry = maps.get(url)?.findEntry(lineNumber, columnNumber);
  const source = entry !== undefined && 'originalSource' in entry ? entry.originalSource : url;
  const [, scoped] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source) ?? [];
  const [, folder] = /(functions\/[^/]+(?:\/[^/.]+(?=\/))?)/.exec(source) ?? [];
  return scoped ?? folder ?? source;
}

function tableOf(root: Call): string {
  const byPart = new Map<string, number>();
  const add = ({ part, self, calls }: Call): void => {
    byPart.set(part, (byPart.get(part) ?? 0) + self);
    for (const call of calls.values()) add(call);
  };
  add(root);
  const rows = [...byPart].sort(([, a], [, b]) => b - a).slice(0, LISTED);
  return rows.map(([part, self]) => `  ${((100 * self) / root.total).toFixed(1).padStart(5)} %  ${part}`).join('\n');
}

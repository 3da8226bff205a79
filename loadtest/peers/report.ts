import type { Machine } from './machine.ts';
import { type Figure, quantile, type Settings } from './measures/measure.ts';
import type { Peer, PeerName } from './peer.ts';

/** One measurement of one peer in one round. */
export type Run = {
  readonly round: number;
  readonly measure: string;
  readonly peer: PeerName;
  readonly figures: readonly Figure[];
  /** Why it was not measured. */
  readonly failure?: string;
};

export type Report = {
  readonly machine: Machine;
  readonly settings: Settings & { readonly rounds: number };
  readonly peers: readonly Pick<Peer, 'name' | 'title' | 'setup' | 'advantage' | 'exempt'>[];
  readonly measures: readonly { readonly name: string; readonly title: string; readonly method: string }[];
  readonly runs: readonly Run[];
};

const OURS: PeerName = 'millrace';
const HAND_MADE: PeerName = 'hand-made';
/** What differs by less is the same. */
const EQUAL = 0.05;

type Row = {
  readonly name: string;
  readonly better: Figure['better'];
  readonly of: string | undefined;
  readonly medians: ReadonlyMap<PeerName, number>;
};

/** A report for people to read. */
export function markdownOf(report: Report): string {
  const { machine, settings, measures, peers, runs } = report;
  const taken = measures.filter(({ name }) => runs.some(({ measure }) => measure === name));
  return [
    '# Millrace beside its peers',
    `Measured on ${machine.date} at commit \`${machine.commit}\` by \`npm run loadtest:peers\`, in one run: ${machine.cores} cores ` +
      `(${machine.cpu}), ${machine.memoryGib} GiB, Linux ${machine.kernel}, Node ${machine.node}. The peers take turns within each ` +
      `round; the median of ${settings.rounds} rounds is given (${settings.seconds} s a rate, bulks of ${settings.bulk}).`,
    'Millrace and what is made by hand stand on an emulator of AWS, which is one Python process: their ratios to each other, of ' +
      'calls and of the CPU of functions, say something of AWS; milliseconds and rates do not. The others stand on a native server.',
    '## Who takes part',
    ...peers.map(({ title, setup }) => `**${title}**. ${setup.join(' ')}`),
    '## Results',
    `In bold: the best, and what is within ${EQUAL * 100} % of it.`,
    ...runs.flatMap(({ round, measure, peer, failure }) =>
      failure === undefined ? [] : [`**Not measured**: ${measure} of ${peer} in round ${round + 1}: ${failure}`],
    ),
    ...taken.flatMap(({ name, title, method }) => [
      `### ${title}`,
      method,
      tableOf(report, name),
      ...partsOf(report, name),
    ]),
    '## Where a peer is better, and why',
    ...(peers.some(({ name }) => name === OURS)
      ? peers.filter(({ name }) => name !== OURS).map((peer) => betterThanOurs(report, peer))
      : []),
    ...peers.flatMap(({ title, exempt }) =>
      Object.entries(exempt).map(([name, why]) => `${title}, no ${name}: ${why}`),
    ),
    '',
  ].join('\n\n');
}

function rowsOf({ runs }: Report, measure: string): Row[] {
  const ofMeasure = runs.filter((run) => run.measure === measure);
  const figures = new Map(
    ofMeasure.flatMap((run) => run.figures.map((one) => [`${one.of}/${one.name}`, one] as const)),
  );
  return [...figures.values()].map(({ name, better, of }) => {
    const peers = [...new Set(ofMeasure.map(({ peer }) => peer))];
    const medians = peers.flatMap((peer): [PeerName, number][] => {
      const own = ofMeasure.filter((run) => run.peer === peer);
      const values = own.flatMap((run) =>
        run.figures.filter((one) => one.name === name && one.of === of).map(({ value }) => value),
      );
      return values.length === 0 ? [] : [[peer, quantile(values, 0.5)]];
    });
    return { name, better, of, medians: new Map(medians) };
  });
}

function tableOf(report: Report, measure: string): string {
  const peers = report.peers.filter(({ exempt }) => exempt[measure] === undefined);
  const hasRatio = [OURS, HAND_MADE].every((name) => peers.some((peer) => peer.name === name));
  const heads = ['', ...peers.map(({ title }) => title), ...(hasRatio ? ['Millrace : by hand'] : [])];
  const rows = rowsOf(report, measure).filter(({ of }) => of === undefined);
  const lines = rows.map(({ name, better, medians }) => {
    const cells = peers.map((peer) => {
      const value = medians.get(peer.name);
      const text = value === undefined ? '' : shown(value);
      return value !== undefined && isBest(value, better, [...medians.values()]) ? `**${text}**` : text;
    });
    const ratio =
      better === 'neither' ? Number.NaN : (medians.get(OURS) ?? Number.NaN) / (medians.get(HAND_MADE) ?? Number.NaN);
    return [name, ...cells, ...(hasRatio ? [Number.isFinite(ratio) ? ratio.toFixed(2) : ''] : [])];
  });
  return [heads, heads.map((_, index) => (index === 0 ? '---' : '---:')), ...lines]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

/** What a figure consists of, a line for each peer. */
function partsOf(report: Report, measure: string): string[] {
  const rows = rowsOf(report, measure).filter(({ of }) => of !== undefined);
  return [...Map.groupBy(rows, ({ of }) => of)].map(([of, parts]) => {
    const lines = report.peers.flatMap(({ name: peer, title }) => {
      const own = parts.flatMap(({ name, medians }) => {
        const value = medians.get(peer);
        return value === undefined ? [] : [`${name} ${value.toFixed(2)}`];
      });
      return own.length === 0 ? [] : [`- ${title}: ${own.join(', ')}`];
    });
    return `${of}\n\n${lines.join('\n')}`;
  });
}

function isBest(value: number, better: Figure['better'], all: readonly number[]): boolean {
  if (better === 'neither' || all.length < 2) return false;
  return all.every((other) => !isBetter(other, value, better));
}

/** Whether one value is better than another by more than chance would have it. */
function isBetter(one: number, other: number, better: Figure['better']): boolean {
  if (Number.isNaN(one)) return false;
  if (Number.isNaN(other)) return true;
  return better === 'more' ? one > other * (1 + EQUAL) : one < other * (1 - EQUAL);
}

function betterThanOurs(report: Report, { name, title, advantage }: Report['peers'][number]): string {
  const lines = report.measures.flatMap(({ name: measure, title: what }) => {
    const compared = rowsOf(report, measure).flatMap((row) => {
      const [theirs, ours] = [row.medians.get(name), row.medians.get(OURS)];
      return row.better === 'neither' || theirs === undefined || ours === undefined ? [] : [{ ...row, theirs, ours }];
    });
    const better = compared.filter((row) => isBetter(row.theirs, row.ours, row.better));
    if (better.length === 0) return [];
    const named = better.map((row) => `${row.name} ${shown(row.theirs)} against ${shown(row.ours)}`).join('; ');
    return [`- ${what}: ${better.length === compared.length ? 'in everything' : named}`];
  });
  return lines.length === 0 ? `**${title}**: nowhere.` : `**${title}**: ${advantage}\n\n${lines.join('\n')}`;
}

function shown(value: number): string {
  if (Number.isNaN(value)) return 'never';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return Number.isInteger(value) ? String(value) : value.toPrecision(2);
}

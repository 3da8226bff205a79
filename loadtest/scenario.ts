/**
 * Load on a stack, and a report of what it did: `npm run loadtest:load`, `loadtest:stress`, `loadtest:endurance`,
 * `loadtest:spike`; `-- --help` tells the options.
 */
import { Command } from 'commander';
import { conclude } from './scenarios/conclude.ts';
import { readEarlier } from './scenarios/earlier.ts';
import { endurance } from './scenarios/endurance.ts';
import { LiveLine } from './scenarios/live-line.ts';
import { load } from './scenarios/load.ts';
import { positive } from './scenarios/options.ts';
import { type RunOptions, runScenario } from './scenarios/run-scenario.ts';
import type { Scenario } from './scenarios/scenario.ts';
import { spike } from './scenarios/spike.ts';
import { PEAK, stress } from './scenarios/stress.ts';
import { onTarget, runToEnd } from './scenarios/target.ts';

const SCENARIOS = [load, stress, endurance, spike];
type Options = Omit<RunOptions, 'rate'> & { readonly rate?: number; readonly url?: string; readonly keep: boolean };

const program = new Command('loadtest').description('Puts load on a stack, and reports what it did.');
for (const scenario of SCENARIOS) {
  const { rate, minutes } = scenario.defaults;
  program
    .command(scenario.name)
    .description(scenario.description)
    .option('--rate <number>', `${scenario.rateMeans} (default: ${rate})`, positive)
    .option('--minutes <minutes>', 'how long, at most', positive, minutes)
    .option('--connections <count>', 'kept alive, over which all requests go', positive, 50)
    .option('--drain-minutes <minutes>', 'how long to wait until nothing is open', positive, 15)
    .option('--url <url>', 'of a deployed API instead of a stack on this machine; its key comes from MILLRACE_API_KEY')
    .option(
      '--batch-endpoint <url>',
      'to which tasks of the batch type post records; of a deployed API they are left out without it',
    )
    .option('--keep', 'keep the report in docs/performance/, to be compared with by the next', false)
    .action((options: Options) => run(scenario, options));
}
await runToEnd(async () => void (await program.parseAsync()));

async function run(scenario: Scenario, { url, keep, rate = usualRate(scenario), ...options }: Options): Promise<void> {
  const live = new LiveLine();
  await onTarget(url, async (target) => {
    await conclude(scenario, await runScenario(scenario, { ...options, rate }, target, live), target, keep);
  });
}

/** Endurance is for half of what stress has shown, where that is known. */
function usualRate({ name, defaults }: Scenario): number {
  if (name !== endurance.name) return defaults.rate;
  const peak = readEarlier(stress.name)?.findings.find((finding) => finding.name === PEAK)?.value;
  return typeof peak === 'number' && peak > 0 ? Math.round(peak / 2) : defaults.rate;
}

/**
 * What Millrace does with a load: waits by lane, executors over time, when submits are refused, and what it costs, played
 * from the documented rules of AWS and this deployment's own: `npm run plan -- --help`.
 */
import { ArgumentError } from '../client/command-line.ts';
import { ConfigError } from '../lib/config.ts';
import { deployConfig } from './plan/deployment.ts';
import { makePlan } from './plan/make-plan.ts';
import { parsePlanArguments, USAGE } from './plan/plan-arguments.ts';
import { reportOf } from './plan/report.ts';

try {
  const args = parsePlanArguments(process.argv.slice(2));
  if (args === undefined) {
    console.log(USAGE);
  } else {
    const config = deployConfig(args.context);
    const plan = makePlan(args, config);
    console.log(args.json ? JSON.stringify(plan, undefined, 2) : reportOf(plan, args, config));
  }
} catch (error) {
  if (!(error instanceof ArgumentError || error instanceof ConfigError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

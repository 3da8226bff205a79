/**
 * What Millrace does with a load: waits by lane, executors over time, when submits are refused, and what it costs, played
 * from the documented rules of AWS and this deployment's own: `npm run plan -- --help`.
 */
import { runCommand } from '../cli/npm-command.ts';
import { deployConfig, deployedDefinitions } from './deployment.ts';
import { makePlan } from './plan.ts';
import { parsePlanArguments, planCommand } from './plan-arguments.ts';
import { reportOf } from './report.ts';

await runCommand(planCommand, async () => {
  const args = parsePlanArguments(process.argv.slice(2));
  const config = deployConfig(args.context);
  const plan = makePlan(args, config, deployedDefinitions());
  console.log(args.json ? JSON.stringify(plan, undefined, 2) : reportOf(plan, args, config));
});

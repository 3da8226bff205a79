import { runnable } from '../cli/npm-command.ts';
import { deployedBy } from '../lib/config.ts';
import { makePlan } from './plan.ts';
import { parsePlanArguments, planCommand, planOptions } from './plan-arguments.ts';
import { plannedDeployment } from './planned-app.ts';
import { reportOf } from './report.ts';

/**
 * Is the command `millrace plan`: what Millrace does with a load, waits by lane, executors over time, when submits are refused,
 * and what it costs, played from the documented rules of AWS and this deployment's own.
 */
export const plan = runnable(planCommand, async (commandLine) => {
  const { context = {}, name } = planOptions(commandLine);
  const { config: whole, definitions } = await plannedDeployment(context, name);
  const args = parsePlanArguments(commandLine, whole);
  // A class may be planned before there is a type of it.
  const config = deployedBy(whole, [...definitions, { resources: args.resourceClass }]);
  const made = makePlan(args, config, definitions);
  console.log(args.json ? JSON.stringify(made, undefined, 2) : reportOf(made, args, config));
});

if (import.meta.main) await plan.run(process.argv.slice(2));

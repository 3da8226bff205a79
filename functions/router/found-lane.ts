import * as z from 'zod';
import { queueNameOf, type ResourceClass } from '../contract.ts';
import { executorKeysOf, laneOf } from '../core/lane.ts';
import { noSuch, Problem } from './problem.ts';
import type { Parameter, Request, RouterPorts } from './route.ts';

export const laneParameter: Parameter = {
  in: 'path',
  name: 'name',
  required: true,
  description: 'The lane, as the name of its queue has it behind the name of the deployment: `default-high-0`',
  schema: () => z.string(),
};

/** The lane that the path names. Throws the problem of one that the deployment does not have. */
export function foundLane(
  { parameters: { name = '' } }: Request,
  { executorShards }: RouterPorts,
): { readonly laneName: string; readonly resourceClass: ResourceClass } {
  const executorKeys = executorKeysOf(executorShards);
  const found = executorKeys.find((key) => queueNameOf(key) === name);
  if (found === undefined) throw new Problem('not_found', noSuch('lane', name, executorKeys.map(queueNameOf)));
  return { laneName: name, resourceClass: laneOf(found).resourceClass };
}

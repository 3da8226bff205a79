import * as z from 'zod';
import { executorKeyOf, LANE_KINDS, queueNameOf, RESOURCE_CLASSES, type ResourceClass } from '../contract.ts';
import { Problem } from './problem.ts';
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
  const lanes = RESOURCE_CLASSES.flatMap((resourceClass) =>
    Array.from({ length: executorShards[resourceClass] }).flatMap((_, shard) =>
      LANE_KINDS.map((kind) => ({ laneName: queueNameOf(executorKeyOf(resourceClass, kind, shard)), resourceClass })),
    ),
  );
  const lane = lanes.find(({ laneName }) => laneName === name);
  if (lane !== undefined) return lane;
  const known = lanes.map(({ laneName }) => laneName).join(', ');
  throw new Problem('not_found', `there is no lane ${JSON.stringify(name.slice(0, 100))}; there are: ${known}`);
}

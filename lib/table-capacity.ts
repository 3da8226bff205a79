import * as z from 'zod';

const units = z.int().min(1);

/** Units a second that a table keeps at least and takes at most; each of its indexes keeps and takes as many of its own. */
const provisioned = z
  .strictObject({
    minWrites: units,
    maxWrites: units,
    minReads: units,
    maxReads: units,
    /** The share of them in use at which their number stays as it is (DynamoDB takes 0.2 to 0.9). */
    utilization: z.number().min(0.2).max(0.9).default(0.7),
  })
  .refine(({ minWrites, maxWrites }) => minWrites <= maxWrites, 'minWrites must be at most maxWrites')
  .refine(({ minReads, maxReads }) => minReads <= maxReads, 'minReads must be at most maxReads');

const RULE =
  'must be "onDemand", or {"provisioned": {minWrites, maxWrites, minReads, maxReads, utilization}}: whole numbers from 1 on, ' +
  'and a share from 0.2 to 0.9';

/** How the tables of tasks are paid for: by the unit, or by the capacity that auto scaling keeps for them. */
export const tableCapacity = z.union([z.literal('onDemand'), z.strictObject({ provisioned })], RULE);
export type TableCapacity = z.infer<typeof tableCapacity>;

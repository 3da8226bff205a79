import * as z from 'zod';

const countsSchema = z.record(z.string(), z.number());
const usageSchema = z.object({
  functions: z.record(z.string(), countsSchema),
  stored: z.record(z.string(), z.object({ rows: z.number(), bytes: z.number() })),
});

/**
 * What was used of AWS, as `metering-server.py` tells it: counts of each function by what is counted, and of `api`, `event sources`
 * and `X-Ray`, which are no one function's; and what the tables hold.
 */
export type WireUsage = z.infer<typeof usageSchema>;

/** Reads what was used since the cloud began. */
export async function readUsage(endpoint: string): Promise<WireUsage> {
  return usageSchema.parse(await (await fetch(`${endpoint}/_usage`)).json());
}

/** Returns what was used between two readings. */
export function usageBetween(before: WireUsage, after: WireUsage): WireUsage {
  const functions = Object.entries(after.functions).map(([name, counts]) => {
    const earlier = before.functions[name] ?? {};
    const used = Object.entries(counts).map(([what, count]) => [what, count - (earlier[what] ?? 0)] as const);
    return [name, Object.fromEntries(used.filter(([, count]) => count !== 0))] as const;
  });
  const stored = Object.entries(after.stored).map(([name, { rows, bytes }]) => {
    const earlier = before.stored[name] ?? { rows: 0, bytes: 0 };
    return [name, { rows: rows - earlier.rows, bytes: bytes - earlier.bytes }] as const;
  });
  return { functions: Object.fromEntries(functions), stored: Object.fromEntries(stored) };
}

/** Adds up what functions whose names begin so used of what begins so. */
export const sumOf = ({ functions }: WireUsage, functionName: string, what: string): number =>
  Object.entries(functions)
    .filter(([name]) => name.startsWith(functionName))
    .flatMap(([, counts]) => Object.entries(counts))
    .reduce((sum, [name, count]) => sum + (name.startsWith(what) ? count : 0), 0);

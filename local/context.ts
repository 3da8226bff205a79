import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Context } from '../cli/context-option.ts';
import { PROJECT } from './clean-environment.ts';

export type LocalContext = {
  /** What CDK is given: it lays it over `cdk.json`, as it does with `cdk deploy -c`. */
  readonly context: Context;
  /** What would not be the same in a deployment elsewhere, in sentences. */
  readonly differences: readonly string[];
};

/** The tenant of the key that a local run prints. */
export const LOCAL_TENANT = 'local';

const hostsSchema = z.union([z.string(), z.array(z.string())]);
const shippedSchema = z.looseObject({
  preset: z.string().optional(),
  // Another value is wrong, which the synth says.
  outboundHosts: hostsSchema.optional().catch(undefined),
  scheduleTenant: z.string().catch(LOCAL_TENANT),
});

/** Reads the context of the project's own `cdk.json`; unknown JSON. */
export async function shippedContext(): Promise<unknown> {
  const text = await readFile(join(PROJECT, 'cdk.json'), 'utf8');
  return z.looseObject({ context: z.unknown() }).parse(JSON.parse(text)).context ?? {};
}

/** Lays over the context of `cdk.json` what was given, and only what has to differ here. */
export function localContext(shipped: unknown, given: Context, loopback: readonly string[]): LocalContext {
  const { preset = 'dev' } = given;
  const {
    outboundHosts,
    preset: shippedPreset,
    scheduleTenant,
  } = shippedSchema.parse({ ...(shipped as object), ...given });
  // Unless something is said, hosts are as the presets have them.
  const hosts = [outboundHosts ?? (preset === 'dev' ? '*' : [])].flat().filter((host) => host !== '');
  const differences = [
    ...(shippedPreset === undefined || shippedPreset === preset
      ? []
      : [`The preset is ${preset} instead of ${shippedPreset}; \`-c preset=${shippedPreset}\` takes that.`]),
    ...(loopback.length === 0 ? [] : [`Beside outboundHosts, tasks may call ${loopback.join(' and ')}.`]),
  ];
  if (loopback.length === 0) return { context: { ...given, preset }, differences };
  // The key of the run is of this tenant, and shows what schedules of definitions make.
  const local = { scheduleTenant, outboundHosts: [...hosts, ...loopback].join(',') };
  return { context: { ...given, preset, ...local }, differences };
}

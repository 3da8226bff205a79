import type { DeployConfig } from './config.ts';

export type OnlyGrowing = { readonly data: readonly string[]; readonly execution: readonly string[] };

/**
 * Says what a deployment must never have fewer of, by the stack that would lose something: a sentence each, where it has grown.
 * A synth does not know what is deployed, so it says so each time.
 */
export function onlyGrowing({ tableShards, indexShards, classes }: DeployConfig): OnlyGrowing {
  return {
    data: [
      ...sentence('tableShards', tableShards, 'the tasks of a table that is taken away would be gone'),
      ...sentence('indexShards', indexShards, 'lists and the clock would leave out what lies in the others'),
    ],
    execution: Object.entries(classes).flatMap(([name, { shards }]) =>
      sentence(`classes.${name}.shards`, shards, 'a shard that is taken away takes along the tasks on its lanes'),
    ),
  };
}

const sentence = (option: string, value: number, otherwise: string): string[] =>
  value === 1 ? [] : [`${option} is ${value} and may only grow: ${otherwise} (docs/deployments.md)`];

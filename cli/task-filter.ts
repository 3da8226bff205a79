import { Option } from '@commander-js/extra-typings';
import type { TaskFilter } from '../client/task-filter.ts';
import { apiCommand } from './api-command.ts';
import { assigneeOf, beginningOf, secondsOf, timeOf } from './option-values.ts';
import { STATUSES } from './task-text.ts';

/** Makes a command that is told which tasks are meant. */
export const filteringCommand = (name: string, description: string) =>
  apiCommand(name, description)
    .addOption(new Option('--status <status>', 'only those that are so').choices(STATUSES))
    .option('--type <type>', 'only those of a type')
    .option('--error-code <code>', 'only those that have failed with a code')
    .option('--assignee <type:id>', 'only those of an assignee', assigneeOf)
    .option('--workflow <id>', 'only those of a workflow instance')
    .option('--tag <tag>', 'only those with a tag')
    .option('--since <time>', 'only those that are no older: a number of s, m, h or d', secondsOf('since'))
    .option('--from <time>', 'only those that were created from then on: 2026-01-31T06:30:00Z', timeOf('from'))
    .option('--to <time>', 'only those that were created before', timeOf('to'));

/** What such a command was told of tasks. */
export type FilterOptions = {
  readonly status?: (typeof STATUSES)[number] | undefined;
  readonly type?: string | undefined;
  readonly errorCode?: string | undefined;
  readonly assignee?: { readonly type: string; readonly id: string } | undefined;
  readonly workflow?: string | undefined;
  readonly tag?: string | undefined;
  readonly since?: number | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
};

/** Returns the filter that such options make. Throws `ArgumentError` where they say two times. */
export function taskFilterOf({
  status,
  type,
  errorCode,
  assignee,
  workflow,
  tag,
  since,
  from,
  to,
}: FilterOptions): TaskFilter {
  return {
    status,
    type,
    errorCode,
    assigneeType: assignee?.type,
    assigneeId: assignee?.id,
    workflowInstanceId: workflow,
    tag,
    createdFrom: beginningOf({ since, from }),
    createdTo: to,
  };
}

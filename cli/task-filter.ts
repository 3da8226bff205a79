import { Option } from '@commander-js/extra-typings';
import type { TaskFilter } from '../client/client.ts';
import { apiCommand } from './api-command.ts';
import { assigneeOf, countOf } from './option-values.ts';
import { STATUSES } from './task-text.ts';

/** Makes a command that is told which tasks are meant. */
export const filteringCommand = (name: string, description: string) =>
  apiCommand(name, description)
    .addOption(new Option('--status <status>', 'only those that are so').choices(STATUSES))
    .option('--type <type>', 'only those of a type')
    .option('--assignee <type:id>', 'only those of an assignee', assigneeOf)
    .option('--workflow <id>', 'only those of a workflow instance')
    .option('--limit <count>', 'so many at most (default: 20)', countOf('limit'));

type Filters = {
  readonly status?: (typeof STATUSES)[number] | undefined;
  readonly type?: string | undefined;
  readonly assignee?: { readonly type: string; readonly id: string } | undefined;
  readonly workflow?: string | undefined;
};

/** Returns the filter that such options make. */
export const taskFilterOf = ({ status, type, assignee, workflow }: Filters): TaskFilter => ({
  status,
  type,
  assigneeType: assignee?.type,
  assigneeId: assignee?.id,
  workflowInstanceId: workflow,
});

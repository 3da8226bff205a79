import type { TaskDefinition } from '../functions/core/define-task.ts';

/** What a synth knows of a type of task: what its definition says, as data, and where that stands. */
export type TaskMetadata = Pick<
  TaskDefinition,
  | 'type'
  | 'description'
  | 'resources'
  | 'priority'
  | 'timeoutSeconds'
  | 'retry'
  | 'retentionDays'
  | 'batch'
  | 'schedule'
> & {
  /** Whether its handler runs in a thread of its own, and whether it makes something of subtasks. */
  readonly isolated: boolean;
  readonly fansOut: boolean;
  readonly inputSchema: Readonly<Record<string, unknown>>;
  readonly outputSchema?: Readonly<Record<string, unknown>>;
  /** The file, from the project's directory on, and what the definition is exported as. */
  readonly file: string;
  readonly exportName: string;
};

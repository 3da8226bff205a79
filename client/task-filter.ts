import type { TaskStatus } from './answers.ts';

/** Which tasks are meant: all, unless given. */
export type TaskFilter = {
  readonly status?: TaskStatus | undefined;
  readonly type?: string | undefined;
  /** With `assigneeId`. */
  readonly assigneeType?: string | undefined;
  readonly assigneeId?: string | undefined;
  readonly workflowInstanceId?: string | undefined;
  /** Submitted with this tag. */
  readonly tag?: string | undefined;
  /** Created then or later. */
  readonly createdFrom?: Date | string | undefined;
  /** Created before then. */
  readonly createdTo?: Date | string | undefined;
  /** Failed with this code. */
  readonly errorCode?: string | undefined;
};

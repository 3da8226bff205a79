import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { ENV } from '../../functions/contract.ts';
import type { ServiceFunction } from './service-function.ts';

/** What a function that works on tasks needs of the place where they are kept. */
export interface TaskData {
  /** The tables of tasks, by shard. */
  readonly tasks: readonly TableV2[];
  readonly definitions: TableV2;
  /** What the doors tell each other of the lanes, and of what tenants submit. */
  readonly control: TableV2;
  readonly schedules: TableV2;
  readonly webhooks: TableV2;
  /** What webhooks are signed with: for who signs, and who makes secrets. */
  readonly signingSecrets: TableV2;
  readonly statistics: TableV2;
  /** What has happened: failed attempts, former inputs, bulk actions, the audit; and the tags of tasks. */
  readonly history: TableV2;
  readonly taskEnvironment: Partial<Record<keyof typeof ENV, string>>;
  /** Grants actions on every table of tasks. */
  grantTasks(grantee: ServiceFunction, ...actions: string[]): void;
  /** Grants actions on the table of schedules. */
  grantSchedules(grantee: ServiceFunction, ...actions: string[]): void;
  /** Lets a function keep the attempts of tasks, and nothing that is of no task. */
  grantAttempts(grantee: ServiceFunction): void;
  /** Grants actions on the table of what has happened. */
  grantHistory(grantee: ServiceFunction, ...actions: string[]): void;
  /** Lets a function put and get payloads and do `more` with them, and nothing else of the bucket. */
  grantPayloads(grantee: ServiceFunction, ...more: string[]): void;
}

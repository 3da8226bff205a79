import type { InputOf, OutputOf, SingleTaskDefinition, TaskDefinition } from '../functions/core/define-task.ts';
import type { Priority, TaskSummary } from './answers.ts';
import type { MillraceError } from './millrace-error.ts';
import type { EndTarget } from './webhooks.ts';

/** Stands for the definition of a task whose type is not told: its input and output may be anything. */
export type AnyDefinition = SingleTaskDefinition;

/** What a submit may say beside type and input. */
export type SubmitOptions = {
  /** Submits of one key are one task. The client makes a key where none is given, so that it can try again. */
  readonly idempotencyKey?: string | undefined;
  /** After so long the key is free again. */
  readonly idempotencyKeyTtlSeconds?: number | undefined;
  /** The type's own unless given. */
  readonly priority?: Priority | undefined;
  readonly assignee?: { readonly type: string; readonly id: string } | undefined;
  readonly workflowInstanceId?: string | undefined;
  /** Words by which to find it, ten at most, such as `order/7`. */
  readonly tags?: readonly string[] | undefined;
  /** Run so much later; not with `runAt`. */
  readonly delaySeconds?: number | undefined;
  /** Run then, within a year; not with `delaySeconds`. */
  readonly runAt?: Date | string | undefined;
  readonly maxAttempts?: number | undefined;
  /** For one attempt. */
  readonly timeoutSeconds?: number | undefined;
  /** Whom to tell of its end; takes a key with the scope read as well. */
  readonly onEnd?: EndTarget | undefined;
};

/** One of the tasks of `submitAll`: of any of the types that are given. */
export type TaskToSubmit<Definition extends TaskDefinition> = Definition extends TaskDefinition
  ? SubmitOptions & { readonly type: Definition['type']; readonly input: InputOf<Definition> }
  : never;

declare const of: unique symbol;

/** Names a task. What a submit answers with does, and tells the compiler the type of the task. */
export type TaskReference<Definition extends TaskDefinition = AnyDefinition> = {
  readonly id: string;
  readonly [of]?: Definition;
};

/** Tells the definition of the task that is referred to. */
export type DefinitionOf<Reference> = Reference extends { readonly [of]?: infer Definition extends TaskDefinition }
  ? Definition
  : AnyDefinition;

/** A task of a type as lists and bulk submits show it. */
export type TaskOf<Definition extends TaskDefinition> = Definition extends TaskDefinition
  ? TaskSummary & TaskReference<Definition> & { readonly type: Definition['type'] }
  : never;

/** A task, with the output of its type once it has succeeded. */
export type Task<Definition extends TaskDefinition = AnyDefinition> = Definition extends TaskDefinition
  ? TaskOf<Definition> & {
      /** Missing to a key that may not read. */
      readonly input?: unknown;
      readonly output?: OutputOf<Definition>;
      readonly onEnd?: EndTarget;
      /** What the task had, and is not kept any more. */
      readonly missing?: readonly ('input' | 'output')[];
    }
  : never;

/** A task that has succeeded. */
export type SucceededTask<Definition extends TaskDefinition = AnyDefinition> = Definition extends TaskDefinition
  ? Task<Definition> & { readonly status: 'succeeded'; readonly output: OutputOf<Definition> }
  : never;

/** What became of one of the tasks of `submitAll`; `index` is its place. */
export type Submitted<Definition extends TaskDefinition = AnyDefinition> = { readonly index: number } & (
  | {
      readonly status: 'accepted';
      readonly task: TaskOf<Definition>;
      /** The task is that of an earlier submit of its key, or of an earlier try of this one. */
      readonly replayed?: true;
    }
  | { readonly status: 'rejected'; readonly error: MillraceError }
);

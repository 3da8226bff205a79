import type { TaskQueue } from '../functions/core/ports.ts';
import type { TaskSeed } from '../functions/core/task/task.ts';

type Message = { readonly task: TaskSeed; readonly dueAt: number };

/** Keeps the messages of all lanes of a test, with a clock that need not wait until one is due. */
export class TestLane implements TaskQueue {
  #skipped = 0;
  #messages: Message[] = [];

  readonly clock = (): number => Date.now() + this.#skipped;

  async send(task: TaskSeed, delaySeconds: number): Promise<void> {
    this.#messages.push({ task, dueAt: this.clock() + delaySeconds * 1000 });
  }

  async sendAll(outgoing: Parameters<TaskQueue['sendAll']>[0]): Promise<ReadonlySet<never>> {
    for (const { task, delaySeconds } of outgoing) await this.send(task, delaySeconds);
    return new Set();
  }

  /** Returns the tasks whose time has come; where that of none has, it comes now for the next. */
  take(): readonly TaskSeed[] {
    const next = Math.min(...this.#messages.map(({ dueAt }) => dueAt));
    if (Number.isFinite(next)) this.skip(next - this.clock());
    const now = this.clock();
    const due = this.#messages.filter(({ dueAt }) => dueAt <= now);
    this.#messages = this.#messages.filter(({ dueAt }) => dueAt > now);
    return due.map(({ task }) => task);
  }

  /** Lets so many milliseconds have passed. */
  skip(milliseconds: number): void {
    this.#skipped += Math.max(0, milliseconds);
  }
}

import { MAX_RECEIVE_COUNT } from '../../functions/contract.ts';
import type { TaskCatalog } from '../../functions/core/define-task.ts';
import type { Deliveries, Delivery, ReceiveOptions, TaskQueue } from '../../functions/core/ports.ts';
import type { TaskId } from '../../functions/core/task/ids.ts';
import { encodeMessage, encodeTask } from '../../functions/core/task/message.ts';
import { batchSizesOf, type Outgoing, packed } from '../../functions/core/task/message-packing.ts';
import type { TaskSeed } from '../../functions/core/task/task.ts';
import { RESOURCE_CLASS_SPECS } from '../../functions/resource-classes.ts';

type Message = { readonly id: string; readonly body: string; visibleAt: number; receiveCount: number };

/**
 * Keeps one lane in memory and delivers at least once, as SQS does: what is not deleted becomes visible again, and what
 * was delivered too often goes to the dead letters without a reason.
 */
export class MemoryTaskQueue implements TaskQueue, Deliveries {
  readonly messages = new Map<string, Message>();
  readonly deadLetters: { readonly body: string; readonly reason?: string }[] = [];
  readonly #now: () => number;
  readonly #catalog: TaskCatalog;
  #sent = 0;

  constructor(now: () => number, catalog: TaskCatalog = {}) {
    this.#now = now;
    this.#catalog = catalog;
  }

  async send(task: TaskSeed, delaySeconds: number): Promise<void> {
    this.put(encodeMessage([encodeTask(task)]), delaySeconds);
  }

  async sendAll(outgoing: readonly Outgoing[]): Promise<ReadonlySet<TaskId>> {
    for (const { messages, delaySeconds } of packed(
      outgoing,
      await batchSizesOf(outgoing, this.#catalog),
      RESOURCE_CLASS_SPECS,
    )) {
      for (const { body } of messages) this.put(body, delaySeconds);
    }
    return new Set();
  }

  put(body: string, delaySeconds = 0): void {
    const id = String(++this.#sent);
    this.messages.set(id, { id, body, visibleAt: this.#now() + delaySeconds * 1000, receiveCount: 0 });
  }

  /** The visible messages, `most` of them, hidden from now on for `visibilitySeconds`. */
  deliver(visibilitySeconds = 300, most = this.messages.size): Delivery[] {
    const isVisible = ({ visibleAt }: Message): boolean => visibleAt <= this.#now();
    const visible = [...this.messages.values()].filter(isVisible).slice(0, most);
    for (const message of visible) {
      message.visibleAt = this.#now() + visibilitySeconds * 1000;
      if (++message.receiveCount <= MAX_RECEIVE_COUNT) continue;
      this.messages.delete(message.id);
      this.deadLetters.push({ body: message.body });
    }
    return visible
      .filter(({ id }) => this.messages.has(id))
      .map(({ id, body, receiveCount }) => ({ messageId: id, queueName: 'lane', receipt: id, receiveCount, body }));
  }

  async receive(_queueName: string, { most, visibilitySeconds }: ReceiveOptions): Promise<Delivery[]> {
    return this.deliver(visibilitySeconds, most);
  }

  async extend(messages: Parameters<Deliveries['extend']>[0]): Promise<void> {
    for (const { delivery, seconds } of messages) {
      const message = this.messages.get(delivery.receipt);
      if (message !== undefined) message.visibleAt = this.#now() + seconds * 1000;
    }
  }

  async discard(deliveries: readonly Delivery[]): Promise<void> {
    for (const { receipt } of deliveries) this.messages.delete(receipt);
  }

  async quarantine({ body }: Delivery, reason: string): Promise<void> {
    this.deadLetters.push({ body, reason });
  }
}

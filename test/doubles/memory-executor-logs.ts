import type { ExecutorLogs, LogQuery, StoredLine } from '../../functions/core/task/task-logs.ts';

/** The logs of executors in memory. Like CloudWatch, it may look through a part of them alone for one answer. */
export class MemoryExecutorLogs implements ExecutorLogs {
  /** A test that sets this has so many lines looked at for one answer. */
  mostLooked = Number.POSITIVE_INFINITY;
  /** A test that sets this has so many calls refused. */
  refusals = 0;
  readonly #lines = new Map<string, StoredLine[]>();

  add(executorKey: string, at: number, line: object | string): void {
    const lines = this.#lines.get(executorKey) ?? [];
    const text = typeof line === 'string' ? line : JSON.stringify(line);
    this.#lines.set(
      executorKey,
      [...lines, { at, text }].toSorted((a, b) => a.at - b.at),
    );
  }

  async find({ executorKey, containing, from, to, most, token = '0' }: LogQuery): ReturnType<ExecutorLogs['find']> {
    if (this.refusals > 0) {
      this.refusals--;
      return 'busy';
    }
    if (!/^\d+$/.test(token)) return 'stale';
    const all = (this.#lines.get(executorKey) ?? []).filter(({ at }) => at >= from && at <= to);
    const lines: StoredLine[] = [];
    let place = Number(token);
    for (; place < all.length && lines.length < most && place - Number(token) < this.mostLooked; place++) {
      const line = all[place];
      if (line?.text.includes(containing)) lines.push(line);
    }
    return place < all.length ? { lines, next: String(place) } : { lines };
  }
}

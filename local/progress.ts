import { styleText } from 'node:util';

/** Tells a person what is going on. */
export type Progress = {
  /** Does `work` under a label, with the seconds that it takes. Steps may overlap. */
  step<T>(label: string, work: () => Promise<T>): Promise<T>;
  note(sentence: string): void;
};

export const quietProgress: Progress = { step: (_label, work) => work(), note: () => {} };

const TICK_MS = { terminal: 200, log: 10_000 };

/** Shows progress on a stream: a live line on a terminal, otherwise a line for each start, end, and ten seconds between. */
export function streamProgress(stream: NodeJS.WriteStream): Progress {
  const running = new Map<string, number>();
  const isTerminal = stream.isTTY === true;
  let timer: NodeJS.Timeout | undefined;

  const seconds = (since: number, digits: number) => `${((Date.now() - since) / 1000).toFixed(digits)} s`;
  const line = (text: string) => stream.write(`${isTerminal ? '\r\x1b[K' : ''}${text}\n`);
  const tick = () => {
    const steps = [...running].map(([label, since]) => `${label} (${seconds(since, 0)})`).join(', ');
    if (isTerminal) stream.write(`\r\x1b[K${`  … ${steps}`.slice(0, (stream.columns ?? 80) - 1)}`);
    else line(`  … ${steps}`);
  };

  return {
    async step(label, work) {
      const since = Date.now();
      running.set(label, since);
      timer ??= setInterval(tick, isTerminal ? TICK_MS.terminal : TICK_MS.log);
      if (!isTerminal) line(`  … ${label}`);
      let mark = styleText('red', '✗', { stream });
      try {
        const result = await work();
        mark = styleText('green', '✓', { stream });
        return result;
      } finally {
        running.delete(label);
        line(`  ${mark} ${label} (${seconds(since, 1)})`);
        if (running.size === 0) {
          clearInterval(timer);
          timer = undefined;
        }
      }
    },
    note: line,
  };
}

import { vi } from 'vitest';

/** Returns what `work` writes to the process's standard output, each line parsed as JSON. */
export function writtenLines(work: () => void): Record<string, unknown>[] {
  let written = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written += String(text);
    return true;
  });
  try {
    work();
  } finally {
    write.mockRestore();
  }
  if (written !== '' && !written.endsWith('\n')) throw new Error(`the last line does not end: ${written}`);
  return written
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

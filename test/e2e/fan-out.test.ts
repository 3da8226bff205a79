import { describe, expect, it } from 'vitest';
import { call, post, submit, until } from './api.ts';

const text = Array.from({ length: 4_000 }, (_, number) => `word${number % 50} and`).join(' ');

describe('text.wordcount', () => {
  it('counts in subtasks, and combines them once', async () => {
    const { id } = await submit({ type: 'text.wordcount', input: { text, parts: 8 }, workflowInstanceId: 'count-1' });
    const done = await until(id, 'succeeded');
    expect(done).toMatchObject({ attempt: 2, subtaskCount: 8 });
    expect(done.output).toMatchObject({ words: 8_000 });
    expect((done.output as { top: unknown[] }).top.slice(0, 2)).toEqual([
      { word: 'and', count: 4_000 },
      { word: 'word0', count: 80 },
    ]);
    const { body } = await call('GET', `/api/tasks/${id}/subtasks?limit=5`);
    const parts = body.items as { status: string; parentId: string; workflowInstanceId: string }[];
    expect(parts).toHaveLength(5);
    for (const part of parts) {
      expect(part).toMatchObject({ status: 'succeeded', attempt: 1, parentId: id, workflowInstanceId: 'count-1' });
    }
    const rest = await call('GET', `/api/tasks/${id}/subtasks?limit=5&cursor=${body.nextCursor}`);
    expect(rest.body).toMatchObject({ nextCursor: null, items: { length: 3 } });
  });

  it('combines a thousand subtasks exactly once', async () => {
    const { id } = await submit({ type: 'text.wordcount', input: { text: 'word '.repeat(200_000), parts: 1_000 } });
    const done = await until(id, 'succeeded', 120);
    expect(done).toMatchObject({ attempt: 2, subtaskCount: 1_000, output: { words: 200_000 } });
  }, 150_000);

  it('is cancelled with the subtasks that have not ended', async () => {
    const { id } = await submit({ type: 'text.wordcount', input: { text: 'word '.repeat(60_000), parts: 300 } });
    await until(id, 'waiting');
    // A task waits before all of its subtasks are made; those that are made later are the sweeper's to end.
    await expect.poll(() => statusesOfSubtasks(id), { timeout: 30_000 }).toHaveLength(300);
    const { status } = await post(`/api/tasks/${id}/cancel`, {});
    expect(status).toBe(202);
    for (const ended of await statusesOfSubtasks(id)) expect(['succeeded', 'cancelled', 'running']).toContain(ended);
    expect((await call('GET', `/api/tasks/${id}`)).body).toMatchObject({ status: 'cancelled' });
  });
});

async function statusesOfSubtasks(id: string): Promise<string[]> {
  const statuses: string[] = [];
  for (let cursor = ''; ; ) {
    const { body } = await call('GET', `/api/tasks/${id}/subtasks?limit=100${cursor}`);
    statuses.push(...(body.items as { status: string }[]).map(({ status }) => status));
    if (body.nextCursor === null) return statuses;
    cursor = `&cursor=${body.nextCursor}`;
  }
}

import { describe, expect, it } from 'vitest';
import type { Log } from '../../../functions/core/ports.ts';
import { newTask, type Task } from '../../../functions/core/task/task.ts';
import type { TaskChange } from '../../../functions/core/task/task-change.ts';
import { indexTags } from '../../../functions/projector/index-tags.ts';
import { MemoryTagIndex } from '../../doubles/memory-tag-index.ts';
import { taskSeed, tenant } from '../../doubles/task-seed.ts';

const usage = { submittedTogether: 1, writeUnits: 1 };
let count = 0;
const change = (before: Task | undefined, after: Task | undefined): TaskChange => ({
  id: String(++count),
  at: 1,
  before,
  after,
  usage,
});

const tagged = newTask(taskSeed({ tags: ['order/7', 'eu'] }));
const [submitted, removed] = [change(undefined, tagged), change(tagged, undefined)];

function world() {
  const tags = new MemoryTagIndex();
  const logged: string[] = [];
  const log: Log = (_level, event) => logged.push(event);
  return { tags, logged, index: (...changes: TaskChange[]) => indexTags(changes, { tags, log }) };
}

describe('the tags of tasks', () => {
  it('have an entry each from when the row of the task comes until it goes', async () => {
    const { tags, index } = world();
    await index(submitted);
    expect(tags.idsOf(tagged.tenantId, 'eu')).toEqual([tagged.id]);
    expect(tags.idsOf(tagged.tenantId, 'order/7')).toEqual([tagged.id]);
    expect(tags.idsOf(tenant('other'), 'eu')).toEqual([]);
    await index(removed);
    expect(tags.size).toBe(0);
  });

  it('take no write as the task changes, and none where it has none', async () => {
    const { tags, index } = world();
    const plain = newTask(taskSeed());
    await index(change(tagged, { ...tagged, attempt: 1 }), change(undefined, plain), change(plain, undefined));
    expect(tags.writes).toBe(0);
  });

  it('are those of the task that is there, where one gives way to another of its key', async () => {
    const { tags, index } = world();
    const next = newTask({ ...tagged, tags: ['us'], createdAt: tagged.createdAt + 1 });
    await index(submitted, change(tagged, next));
    expect(tags.idsOf(tagged.tenantId, 'eu')).toEqual([]);
    expect(tags.idsOf(tagged.tenantId, 'us')).toEqual([tagged.id]);
  });

  it('are as the last change has them, however often a batch comes, whole or in parts', async () => {
    const { tags, index } = world();
    for (const batch of [[submitted], [submitted, removed], [removed], [submitted], [submitted, removed]]) {
      await index(...batch);
    }
    expect(tags.size).toBe(0);
    const again = newTask({ ...tagged, createdAt: tagged.createdAt + 1 });
    const retold = [submitted, removed, change(undefined, again)] as const;
    for (const from of [0, 1, 2, 0]) await index(...retold.slice(from));
    expect(tags.size).toBe(2);
  });

  it('come again with their batch where they could not be written, and the rest does not', async () => {
    const { tags, index, logged } = world();
    tags.write = async () => {
      throw new Error('busy');
    };
    const other = change(undefined, newTask(taskSeed()));
    expect([...(await index(other, submitted))]).toEqual([submitted]);
    expect(logged).toEqual(['tags not indexed: their batch will come again']);
  });
});

import { taskStoreContract } from '../contract/task-store-contract.ts';
import { MemoryTaskStore } from '../doubles/memory-task-store.ts';

taskStoreContract('the memory', () => {
  const store = new MemoryTaskStore({ retentionDays: 14 });
  return { store, due: store };
});

import { taskStoreContract } from '../contract/task-store-contract.ts';
import { MemoryTaskStore } from '../doubles/memory-task-store.ts';

taskStoreContract('the memory', () => new MemoryTaskStore({ retentionDays: 14 }));

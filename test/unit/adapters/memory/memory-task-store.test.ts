import { MemoryFanOuts } from '../../../../functions/adapters/memory/memory-fan-outs.ts';
import { MemoryTaskDeletions } from '../../../../functions/adapters/memory/memory-task-deletions.ts';
import { MemoryTaskStore } from '../../../../functions/adapters/memory/memory-task-store.ts';
import { fanOutsContract } from '../../../contract/fan-outs-contract.ts';
import { keyBindingsContract } from '../../../contract/key-bindings-contract.ts';
import { lateAttemptsContract } from '../../../contract/late-attempts-contract.ts';
import { partialRetriesContract } from '../../../contract/partial-retries-contract.ts';
import { retentionContract } from '../../../contract/retention-contract.ts';
import { taskDeletionsContract } from '../../../contract/task-deletions-contract.ts';
import { taskListContract } from '../../../contract/task-list-contract.ts';
import { taskOperationsContract } from '../../../contract/task-operations-contract.ts';
import { taskStoreContract } from '../../../contract/task-store-contract.ts';

const makeStore = () => new MemoryTaskStore({ retentionDays: 14 });

taskStoreContract('the memory', makeStore);
const makeStores = () => {
  const store = makeStore();
  return { store, due: store };
};
taskOperationsContract('the memory', makeStores);
lateAttemptsContract('the memory', makeStores);
fanOutsContract('the memory', () => {
  const store = makeStore();
  return { store, due: store, fanOuts: new MemoryFanOuts(store) };
});

partialRetriesContract('the memory', () => {
  const store = makeStore();
  return { store, due: store, fanOuts: new MemoryFanOuts(store) };
});
taskDeletionsContract('the memory', () => {
  const store = makeStore();
  return { store, due: store, deletions: new MemoryTaskDeletions(store) };
});
taskListContract('the memory', makeStore);
retentionContract('the memory', makeStore);
keyBindingsContract('the memory', makeStore);

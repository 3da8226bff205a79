import { accessStoreContract } from '../../contract/access-store-contract.ts';
import { MemoryAccessStore } from '../../doubles/memory-access-store.ts';

accessStoreContract('the memory', () => new MemoryAccessStore());

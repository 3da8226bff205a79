import { payloadStoreContract } from '../../contract/payload-store-contract.ts';
import { MemoryPayloadStore } from '../../doubles/memory-payload-store.ts';

payloadStoreContract('the memory', () => new MemoryPayloadStore());

import { MemoryPayloadStore } from '../../../../functions/adapters/memory/memory-payload-store.ts';
import { payloadStoreContract } from '../../../contract/payload-store-contract.ts';

payloadStoreContract('the memory', () => new MemoryPayloadStore());

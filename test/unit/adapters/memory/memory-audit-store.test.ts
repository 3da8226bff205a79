import { MemoryAuditStore } from '../../../../functions/adapters/memory/memory-audit-store.ts';
import { auditStoreContract } from '../../../contract/audit-store-contract.ts';

auditStoreContract('the memory', () => new MemoryAuditStore());

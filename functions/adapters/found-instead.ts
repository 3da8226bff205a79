import { type IdHolder, isTombstone } from '../core/deletion/tombstone.ts';
import type { InsertResult } from '../core/ports.ts';
import { isBinding } from '../core/tenant/key-binding.ts';

/** Says what was there in the place of a row to be made. */
export function foundInstead(holder: IdHolder): InsertResult {
  if (isTombstone(holder)) return { result: 'deleted', freeAt: holder.freeAt };
  return isBinding(holder) ? { result: 'bound', binding: holder } : { result: 'exists', task: holder };
}

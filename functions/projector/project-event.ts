import { log } from '../runtime/log.ts';
import { changeOf, type Projection, projectChanges, type RowReaders, type ShardEvent } from './changes.ts';

/** Projects the records of an event, and returns the answer of which Lambda makes what comes again. */
export async function projectEvent(event: ShardEvent, readers: RowReaders, projection: Projection) {
  const changes = event.Records.map((record) => changeOf(record, readers));
  const failed = await projectChanges(changes, projection, log);
  log('info', 'projected', { records: changes.length, failed_from: failed ?? null });
  // A window wants its state back, be it empty.
  return { state: {}, batchItemFailures: failed === undefined ? [] : [{ itemIdentifier: failed }] };
}

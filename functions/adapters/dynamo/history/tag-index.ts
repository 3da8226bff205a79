import type { DynamoDBClient, WriteRequest } from '@aws-sdk/client-dynamodb';
import type { TenantId } from '../../../core/task/ids.ts';
import type { TagEntry, TagIndex, TagWrite } from '../../../core/task/tag-index.ts';
import { batchWrite } from '../requests/batch-write.ts';
import { type Row, s } from '../requests/row.ts';
import { indexShardOf } from '../task-row.ts';

type TagIndexOptions = { readonly historyTable: string; readonly indexShards: number };

/** Returns the partition that lists a tenant's tasks of a tag in one shard. Neither a tenant's id nor a tag has a `#`. */
export const tagPartitionOf = (tenantId: TenantId, tag: string, shard: number): Row => ({
  pk: s(`tag#${tenantId}#${tag}#${shard}`),
});

/** Lists tasks by their tags in the table of what has happened, an item for each tag of a task. */
export class DynamoTagIndex implements TagIndex {
  readonly #client: DynamoDBClient;
  readonly #options: TagIndexOptions;

  constructor(client: DynamoDBClient, options: TagIndexOptions) {
    this.#client = client;
    this.#options = options;
  }

  async write(writes: readonly TagWrite[]): Promise<void> {
    const requests = writes.map(({ entry, isListed }): WriteRequest => {
      const key = this.#keyOf(entry);
      return isListed ? { PutRequest: { Item: { ...key, id: s(entry.id) } } } : { DeleteRequest: { Key: key } };
    });
    await batchWrite(this.#client, this.#options.historyTable, requests);
  }

  #keyOf({ tenantId, tag, order, id }: TagEntry): Row {
    return { ...tagPartitionOf(tenantId, tag, indexShardOf(id, this.#options.indexShards)), sk: s(order) };
  }
}

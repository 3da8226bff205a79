import {
  type LambdaClient,
  ListEventSourceMappingsCommand,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import type { EventSource, EventSources } from '../core/lane.ts';

/** What an event source has that was not told otherwise (Lambda's documentation, "SQS"). */
const UNLIMITED = 1000;
const DEFAULT_BATCH_SIZE = 10;

/** The event source mappings that hand the messages of lanes to executors. */
export class LambdaEventSources implements EventSources {
  readonly #client: LambdaClient;
  readonly #queueArnPrefix: string;

  /** `queueArnPrefix` is everything of a queue's ARN before its name. */
  constructor(client: LambdaClient, queueArnPrefix: string) {
    this.#client = client;
    this.#queueArnPrefix = queueArnPrefix;
  }

  async find(queueName: string): Promise<EventSource> {
    const arn = this.#queueArnPrefix + queueName;
    const { EventSourceMappings: [mapping] = [] } = await this.#client.send(
      new ListEventSourceMappingsCommand({ EventSourceArn: arn }),
    );
    if (mapping?.UUID === undefined) throw new Error(`nothing takes from ${arn}`);
    return {
      id: mapping.UUID,
      maxConcurrency: mapping.ScalingConfig?.MaximumConcurrency ?? UNLIMITED,
      batchSize: mapping.BatchSize ?? DEFAULT_BATCH_SIZE,
      isSettled: mapping.State === 'Enabled',
    };
  }

  async setMaxConcurrency(id: string, maxConcurrency: number): Promise<void> {
    await this.#client.send(
      new UpdateEventSourceMappingCommand({ UUID: id, ScalingConfig: { MaximumConcurrency: maxConcurrency } }),
    );
  }
}

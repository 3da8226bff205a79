import type { EventSourceMappingConfiguration, Lambda } from '@aws-sdk/client-lambda';
import type { EventSource, EventSources } from '../core/lane/lane.ts';

/** Ranks mappings by how soon they do what they are told: those that work, those that will, and those that never will again. */
const standingOf = ({ State: state }: EventSourceMappingConfiguration): number =>
  state === 'Deleting' ? 2 : state === 'Creating' ? 1 : 0;

/** Lambda's defaults for an event source (Lambda's documentation, "SQS"). */
const UNLIMITED = 1000;
const DEFAULT_BATCH_SIZE = 10;

type Client = Pick<Lambda, 'listEventSourceMappings' | 'updateEventSourceMapping'>;

/** The event source mappings that hand the messages of lanes to executors. */
export class LambdaEventSources implements EventSources {
  readonly #client: Client;
  readonly #queueArnPrefix: string;

  /** `queueArnPrefix` is everything of a queue's ARN before its name. */
  constructor(client: Client, queueArnPrefix: string) {
    this.#client = client;
    this.#queueArnPrefix = queueArnPrefix;
  }

  async find(queueName: string, executorName: string): Promise<EventSource> {
    const arn = this.#queueArnPrefix + queueName;
    const { EventSourceMappings: mappings = [] } = await this.#client.listEventSourceMappings({ EventSourceArn: arn });
    // A deploy may replace one: the new one and the one that is going are both listed for a while.
    const functionName = this.#queueArnPrefix.slice(this.#queueArnPrefix.lastIndexOf(':') + 1) + executorName;
    const ours = mappings.filter(({ FunctionArn = '' }) => FunctionArn.split(':')[6] === functionName);
    const mapping = ours.toSorted((a, b) => standingOf(a) - standingOf(b))[0];
    if (mapping?.UUID === undefined) throw new Error(`nothing takes from ${arn} for ${functionName}`);
    return {
      id: mapping.UUID,
      maxConcurrency: mapping.ScalingConfig?.MaximumConcurrency ?? UNLIMITED,
      batchSize: mapping.BatchSize ?? DEFAULT_BATCH_SIZE,
      isSettled: mapping.State === 'Enabled',
    };
  }

  async setMaxConcurrency(id: string, maxConcurrency: number): Promise<void> {
    await this.#client.updateEventSourceMapping({ UUID: id, ScalingConfig: { MaximumConcurrency: maxConcurrency } });
  }
}

import { type CloudFormationClient, paginateListStackResources } from '@aws-sdk/client-cloudformation';
import { DescribeTimeToLiveCommand, type DynamoDBClient, UpdateTimeToLiveCommand } from '@aws-sdk/client-dynamodb';
import { type LambdaClient, PutFunctionConcurrencyCommand } from '@aws-sdk/client-lambda';
import { z } from 'zod';

export type PropertyClients = {
  readonly cloudFormation: CloudFormationClient;
  readonly dynamo: DynamoDBClient;
  readonly lambda: LambdaClient;
};

/** Gives a resource a property by a call of its own. Doing it twice changes nothing. */
type Apply = (clients: PropertyClients, physicalId: string, value: unknown) => Promise<void>;

const timeToLiveSchema = z.object({ AttributeName: z.string(), Enabled: z.boolean().default(true) });

const reserveConcurrency: Apply = async ({ lambda }, FunctionName, value) => {
  const ReservedConcurrentExecutions = z.int().parse(value);
  await lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions }));
};

const enableTimeToLive: Apply = async ({ dynamo }, TableName, value) => {
  const TimeToLiveSpecification = timeToLiveSchema.parse(value);
  const { TimeToLiveDescription: found } = await dynamo.send(new DescribeTimeToLiveCommand({ TableName }));
  if ((found?.TimeToLiveStatus === 'ENABLED') === TimeToLiveSpecification.Enabled) return;
  await dynamo.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
};

/** MiniStack's CloudFormation takes these properties and forgets them; it does not forget the calls. */
const DROPPED: Readonly<Record<string, Readonly<Record<string, Apply>>>> = {
  'AWS::Lambda::Function': { ReservedConcurrentExecutions: reserveConcurrency },
  'AWS::DynamoDB::Table': { TimeToLiveSpecification: enableTimeToLive },
  'AWS::DynamoDB::GlobalTable': { TimeToLiveSpecification: enableTimeToLive },
};

const templateSchema = z.object({
  Resources: z.record(
    z.string(),
    z.object({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).default({}) }),
  ),
});

export type DroppedProperty = {
  readonly logicalId: string;
  readonly type: string;
  readonly property: string;
  readonly value: unknown;
};

/** Returns the properties of a synthesized template that a deploy to MiniStack loses. Throws where it is not a template. */
export function droppedPropertiesOf(template: unknown): DroppedProperty[] {
  return Object.entries(templateSchema.parse(template).Resources).flatMap(([logicalId, { Type, Properties }]) =>
    Object.keys(DROPPED[Type] ?? {})
      .filter((property) => Properties[property] !== undefined)
      .map((property) => ({ logicalId, type: Type, property, value: Properties[property] })),
  );
}

/** Applies to a deployed stack what its deploy has lost. */
export async function applyDroppedProperties(clients: PropertyClients, stackName: string, template: unknown) {
  const physicalIds = new Map<string, string>();
  for await (const page of paginateListStackResources({ client: clients.cloudFormation }, { StackName: stackName })) {
    for (const { LogicalResourceId: logicalId, PhysicalResourceId: physicalId } of page.StackResourceSummaries ?? []) {
      if (logicalId !== undefined && physicalId !== undefined) physicalIds.set(logicalId, physicalId);
    }
  }
  await Promise.all(
    droppedPropertiesOf(template).map(async ({ logicalId, type, property, value }) => {
      const physicalId = physicalIds.get(logicalId);
      if (physicalId === undefined) throw new Error(`Stack ${stackName} has no ${logicalId}, but its template has.`);
      await DROPPED[type]?.[property]?.(clients, physicalId, value);
    }),
  );
}

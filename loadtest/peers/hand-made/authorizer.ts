import { createHash } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import type { APIGatewayRequestAuthorizerEventV2 } from 'aws-lambda';

const dynamo = DynamoDBDocumentClient.from(new DynamoDBClient());

/** Finds the tenant of an API key. */
export async function handler({ identitySource }: APIGatewayRequestAuthorizerEventV2) {
  const key = identitySource[0]?.replace(/^Bearer /, '') ?? '';
  const hash = createHash('sha256').update(key).digest('hex');
  const { Item: item } = await dynamo.send(new GetCommand({ TableName: process.env.KEYS_TABLE, Key: { hash } }));
  console.log(JSON.stringify({ message: 'key looked up', isKnown: item !== undefined }));
  return { isAuthorized: item !== undefined, context: { tenantId: item?.tenantId ?? '' } };
}

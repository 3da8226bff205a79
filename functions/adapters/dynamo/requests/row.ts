import type { AttributeValue } from '@aws-sdk/client-dynamodb';

/** A row of a table as the DynamoDB client reads and writes it. */
export type Row = Record<string, AttributeValue>;

export const s = (value: string): AttributeValue => ({ S: value });
export const n = (value: number): AttributeValue => ({ N: String(value) });

import type { AttributeValue } from '@aws-sdk/client-dynamodb';

/** A row of a table as the DynamoDB client reads and writes it. */
export type Row = Record<string, AttributeValue>;

export const s = (value: string): AttributeValue => ({ S: value });
export const n = (value: number): AttributeValue => ({ N: String(value) });

/** Returns a time, in milliseconds since the epoch, as TTL takes it: the whole second that it is over in. */
export const seconds = (milliseconds: number): AttributeValue => n(Math.ceil(milliseconds / 1000));

/** Makes the check of what every row of a kind has. It throws, naming the row and the attribute, where a value could not be read. */
export const requiredIn =
  (row: string) =>
  <T>(value: T | undefined, name: string): T => {
    if (value === undefined) throw new Error(`${row} has no valid ${name}`);
    return value;
  };

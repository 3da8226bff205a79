import type { AttributeValue } from '@aws-sdk/client-dynamodb';

/** What has to hold of a row for it to be written. It is said in either of DynamoDB's languages, each a `Dialect`. */
export type Condition =
  | { readonly test: '=' | '<' | '<=' | '>'; readonly name: string; readonly value: AttributeValue }
  | { readonly test: 'in'; readonly name: string; readonly values: readonly AttributeValue[] }
  | { readonly test: 'missing' | 'present'; readonly name: string }
  | { readonly test: 'all' | 'any'; readonly of: readonly Condition[] };

const comparison =
  (test: '=' | '<' | '<=' | '>') =>
  (name: string, value: AttributeValue): Condition => ({ test, name, value });

export const equals = comparison('=');
export const lessThan = comparison('<');
export const atMost = comparison('<=');
export const moreThan = comparison('>');
export const oneOf = (name: string, values: readonly AttributeValue[]): Condition => ({ test: 'in', name, values });
export const missing = (name: string): Condition => ({ test: 'missing', name });
export const present = (name: string): Condition => ({ test: 'present', name });
export const all = (...of: readonly Condition[]): Condition => ({ test: 'all', of });
export const any = (...of: readonly Condition[]): Condition => ({ test: 'any', of });

/** How a language says the parts of a condition and of an update. It notes the values in the order in which they are said. */
export type Dialect = {
  readonly name: (name: string) => string;
  /** An attribute on the right of a `SET` action. */
  readonly operand: (name: string) => string;
  /** A value that is compared with the attribute of this name, or put into it. */
  readonly value: (name: string, value: AttributeValue) => string;
  readonly list: (values: readonly string[]) => string;
  readonly missing: (name: string) => string;
  readonly present: (name: string) => string;
};

/** Says a condition in a language. */
export function conditionText(condition: Condition, dialect: Dialect): string {
  switch (condition.test) {
    case 'all':
      return condition.of.map((part) => partText(part, dialect)).join(' AND ');
    case 'any':
      return condition.of.map((part) => partText(part, dialect)).join(' OR ');
    case 'missing':
      return dialect.missing(condition.name);
    case 'present':
      return dialect.present(condition.name);
    case 'in': {
      const { name, values } = condition;
      return `${dialect.name(name)} IN ${dialect.list(values.map((value) => dialect.value(name, value)))}`;
    }
    default:
      return `${dialect.name(condition.name)} ${condition.test} ${dialect.value(condition.name, condition.value)}`;
  }
}

/**
 * `AND` binds more closely than `OR`: a part that has several of its own is put in brackets. One that has a single part is that
 * part, since DynamoDB refuses brackets within brackets as redundant.
 */
const partText = (part: Condition, dialect: Dialect): string =>
  'of' in part && part.of.length > 1 ? `(${conditionText(part, dialect)})` : conditionText(part, dialect);

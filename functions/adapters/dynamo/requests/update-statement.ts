import type { AttributeValue, BatchStatementRequest } from '@aws-sdk/client-dynamodb';
import { all, conditionText, type Dialect, equals } from './condition.ts';
import { type ConditionalUpdate, type Plus, setActions } from './conditional-update.ts';

/** A conditional update that may be one of several in a request: PartiQL has no `ADD`, `DELETE` or `if_not_exists`, and makes no row. */
export type BatchedUpdate = Omit<ConditionalUpdate, 'set' | 'add' | 'delete'> & {
  readonly set?: Readonly<Record<string, AttributeValue | Plus>>;
};

/** Says an update in PartiQL. */
export function updateStatement(update: BatchedUpdate): BatchStatementRequest {
  const { tableName, key, condition, set = {}, remove = [], blind = false } = update;
  const dialect = new PartiqlDialect();
  const isRow = all(...Object.entries(key).map(([name, value]) => equals(name, value)));
  return {
    Statement: [
      `UPDATE "${tableName}"`,
      ...setActions(set, dialect).map((action) => `SET ${action}`),
      ...remove.map((name) => `REMOVE ${dialect.name(name)}`),
      `WHERE ${conditionText(isRow, dialect)} AND (${conditionText(condition, dialect)})`,
      ...(blind ? [] : ['RETURNING ALL NEW *']),
    ].join(' '),
    Parameters: dialect.parameters,
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  };
}

/** PartiQL says `"name"`, and `?` for each value: the first is the first of the parameters. */
class PartiqlDialect implements Dialect {
  readonly parameters: AttributeValue[] = [];

  name(name: string): string {
    return `"${name}"`;
  }

  /** AWS documents arithmetic in `SET` with bare names on the right, and nobody has seen it take quoted ones there. */
  operand(name: string): string {
    return name;
  }

  value(_name: string, value: AttributeValue): string {
    this.parameters.push(value);
    return '?';
  }

  list(values: readonly string[]): string {
    return `[${values.join(', ')}]`;
  }

  missing(name: string): string {
    return `${this.name(name)} IS MISSING`;
  }

  present(name: string): string {
    return `${this.name(name)} IS NOT MISSING`;
  }
}

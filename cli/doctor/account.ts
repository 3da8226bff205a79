import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import {
  GetAccountSettingsCommand,
  GetFunctionConcurrencyCommand,
  LambdaClient,
  ResourceNotFoundException,
} from '@aws-sdk/client-lambda';
import { GetParameterCommand, ParameterNotFound, SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { Connection } from '../connection.ts';

/** Whose credentials they are. */
export type Identity = { readonly account: string; readonly arn: string };

/** What an account may run at a time in a region, and how much of it no function has for itself. */
export type ConcurrencyLimit = { readonly executions: number; readonly unreserved: number };

/** What the doctor asks of AWS: it changes nothing. */
export class Account {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Throws where there is none. */
  async region(): Promise<string> {
    return new STSClient(this.#connection).config.region();
  }

  async identity(): Promise<Identity> {
    const { Account = '', Arn = '' } = await new STSClient(this.#connection).send(new GetCallerIdentityCommand({}));
    return { account: Account, arn: Arn };
  }

  /** Reads the version of the CDK bootstrap; `undefined` where there is none. */
  async bootstrapVersion(region: string, parameter: string): Promise<number | undefined> {
    try {
      const { Parameter } = await new SSMClient(this.#of(region)).send(new GetParameterCommand({ Name: parameter }));
      return Number(Parameter?.Value);
    } catch (error) {
      if (error instanceof ParameterNotFound) return undefined;
      throw error;
    }
  }

  async concurrency(region: string): Promise<ConcurrencyLimit> {
    const { AccountLimit } = await new LambdaClient(this.#of(region)).send(new GetAccountSettingsCommand({}));
    const { ConcurrentExecutions = 0, UnreservedConcurrentExecutions = 0 } = AccountLimit ?? {};
    return { executions: ConcurrentExecutions, unreserved: UnreservedConcurrentExecutions };
  }

  /** Reads what functions have for themselves already, in all; one that is not there has nothing. */
  async reservedOf(region: string, functionNames: readonly string[]): Promise<number> {
    const lambda = new LambdaClient(this.#of(region));
    const each = functionNames.map(async (FunctionName) => {
      try {
        const answer = await lambda.send(new GetFunctionConcurrencyCommand({ FunctionName }));
        return answer.ReservedConcurrentExecutions ?? 0;
      } catch (error) {
        if (error instanceof ResourceNotFoundException) return 0;
        throw error;
      }
    });
    return (await Promise.all(each)).reduce((sum, reserved) => sum + reserved, 0);
  }

  /** Reads the state of a stack; `undefined` where there is none of that name. */
  async stackStatus(region: string, StackName: string): Promise<string | undefined> {
    try {
      const { Stacks: [stack] = [] } = await new CloudFormationClient(this.#of(region)).send(
        new DescribeStacksCommand({ StackName }),
      );
      return stack?.StackStatus;
    } catch (error) {
      // CloudFormation answers so for a stack that does not exist.
      if (error instanceof Error && error.name === 'ValidationError') return undefined;
      throw error;
    }
  }

  #of(region: string): Connection {
    return { ...this.#connection, region };
  }
}

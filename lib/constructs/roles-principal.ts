import { Stack } from 'aws-cdk-lib';
import {
  type AddToPrincipalPolicyResult,
  type IPrincipal,
  type IRole,
  type PolicyStatement,
  PrincipalPolicyFragment,
} from 'aws-cdk-lib/aws-iam';
import { type Construct, DependencyGroup } from 'constructs';

/** Stands for several roles that are granted the same: each gets every statement in its own policy. */
export class RolesPrincipal implements IPrincipal {
  readonly assumeRoleAction = 'sts:AssumeRole';
  readonly grantPrincipal = this;
  readonly policyFragment: PrincipalPolicyFragment;
  readonly #roles: readonly IRole[];

  /** What is of the same account is granted by the policies of the roles alone, and not by its own. */
  readonly principalAccount: string;

  constructor(scope: Construct, roles: readonly IRole[]) {
    this.#roles = roles;
    this.principalAccount = Stack.of(scope).account;
    this.policyFragment = new PrincipalPolicyFragment({ AWS: roles.map(({ roleArn }) => roleArn) });
  }

  addToPrincipalPolicy(statement: PolicyStatement): AddToPrincipalPolicyResult {
    const policyDependable = new DependencyGroup();
    for (const role of this.#roles) {
      const { policyDependable: policy } = role.addToPrincipalPolicy(statement.copy());
      if (policy !== undefined) policyDependable.add(policy);
    }
    return { statementAdded: true, policyDependable };
  }
}

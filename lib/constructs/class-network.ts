import { Connections, type ISecurityGroup, type IVpc, SecurityGroup, type SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import type { ClassAttachments } from '../class-props.ts';

/** Where the executors of a class stand in a network. */
export type ClassNetwork = {
  readonly vpc: IVpc;
  readonly vpcSubnets?: SubnetSelection;
  readonly securityGroups: ISecurityGroup[];
};

/** Returns where the executors of a class stand, in a security group of their own unless they are given some. */
export function networkOf(
  scope: Construct,
  resourceClass: string,
  { vpc, vpcSubnets, securityGroups }: ClassAttachments,
): ClassNetwork | undefined {
  if (vpc === undefined) return undefined;
  const groups = securityGroups ?? [
    new SecurityGroup(scope, 'SecurityGroup', { vpc, description: `Executors of the class ${resourceClass}` }),
  ];
  return { vpc, ...(vpcSubnets && { vpcSubnets }), securityGroups: [...groups] };
}

export const connectionsOf = ({ securityGroups }: ClassNetwork): Connections => new Connections({ securityGroups });

/** By these, which take no resource, Lambda puts a function into a network (its documentation, "Attaching Lambda functions to a VPC"). */
export const NETWORK_ACTIONS = [
  'CreateNetworkInterface',
  'DescribeNetworkInterfaces',
  'DescribeSubnets',
  'DeleteNetworkInterface',
  'AssignPrivateIpAddresses',
  'UnassignPrivateIpAddresses',
].map((action) => `ec2:${action}`);

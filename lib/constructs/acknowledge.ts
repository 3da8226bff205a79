import { CfnResource, Stack, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** The key under which a resource tells cdk-nag 2 what it has been looked at for; cdk-nag 3 asks the CDK's own acknowledgements. */
const METADATA = 'cdk_nag';
type Told = { readonly rules_to_suppress: readonly object[] };

/**
 * Says why a resource of Millrace is as it is, though a rule of cdk-nag finds something in it: all that it may find there, or the
 * `findings` that it tells apart. It holds for that resource alone, so that whatever a team adds beside it is still found.
 */
export function acknowledge(
  construct: IConstruct,
  rule: string,
  reason: string,
  findings: readonly string[] = [],
): void {
  const resource = resourceOf(construct);
  const ids = findings.length === 0 ? [rule] : findings.map((finding) => `${rule}[${finding}]`);
  Validations.of(resource).acknowledge(...ids.map((id) => ({ id, reason })));
  const told: Told | undefined = resource.getMetadata(METADATA);
  const suppressed = { id: rule, reason, ...(findings.length === 0 ? {} : { applies_to: findings }) };
  resource.addMetadata(METADATA, { rules_to_suppress: [...(told?.rules_to_suppress ?? []), suppressed] });
}

/** Says why a policy of Millrace has wildcards in these of its resources. */
export function acknowledgeWildcards(policy: IConstruct, reason: string, resources: readonly string[]): void {
  const told = new Set<string>();
  const tell = (): void => {
    const findings = resources.map((resource) => `Resource::${flattened(Stack.of(policy).resolve(resource))}`);
    const others = findings.filter((finding) => !told.has(finding));
    if (others.length === 0) return;
    acknowledge(policy, 'AwsSolutions-IAM5', reason, others);
    for (const finding of others) told.add(finding);
  };
  tell();
  // What is of another stack gets the name that it has here when references are resolved, after which the CDK validates.
  policy.node.addValidation({
    validate: () => {
      tell();
      return [];
    },
  });
}

function resourceOf(construct: IConstruct): CfnResource {
  const resource = CfnResource.isCfnResource(construct) ? construct : construct.node.defaultChild;
  if (!CfnResource.isCfnResource(resource)) throw new Error(`${construct.node.path} has no resource of its own`);
  return resource;
}

/** Writes a value of a template as cdk-nag names it in what it finds: `<Payloads.Arn>/payloads/*`. */
function flattened(value: unknown): string {
  if (typeof value === 'string') return value;
  const [[kind, argument] = []] = Object.entries(value as Record<string, unknown>);
  switch (kind) {
    case 'Fn::Join': {
      const [delimiter, parts] = argument as [string, unknown[]];
      return parts.map(flattened).join(delimiter);
    }
    case 'Fn::GetAtt':
      return `<${(argument as unknown[]).map(flattened).join('.')}>`;
    case 'Fn::ImportValue':
      return flattened(argument);
    case 'Ref':
      return `<${flattened(argument)}>`;
    default:
      return JSON.stringify(value);
  }
}

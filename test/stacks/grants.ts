import type { synthesize } from './synthesis.ts';

type Grant = { readonly action: string; readonly resource: string };
type Statement = { Effect: string; Action: unknown; Resource: unknown; NotAction?: unknown; NotResource?: unknown } & {
  Condition?: Record<string, Record<string, unknown>>;
};

/** Returns a value of a template as a list, which it need not be. */
export const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value]);

/** Reads the roles of templates, and what their policies let them do. */
export function grantsIn({ all, text }: Pick<Awaited<ReturnType<typeof synthesize>>, 'all' | 'text'>) {
  const roles = all('AWS::IAM::Role');
  const inline = roles.flatMap(({ id, stack, Properties: { Policies = [] } }) =>
    Policies.map((policy: object) => ({ stack, Properties: { ...policy, Roles: [{ Ref: id }] } })),
  );
  const policies = [...all('AWS::IAM::Policy'), ...all('AWS::IAM::ManagedPolicy'), ...inline];
  const statementsOf = ({ Properties }: { Properties: { PolicyDocument: { Statement: Statement[] } } }) =>
    Properties.PolicyDocument.Statement;
  const everyStatement = policies.flatMap((policy) =>
    statementsOf(policy as never).map((statement) => ({ ...statement, stack: policy.stack })),
  );

  /** Returns what a function may do: every pair of an action and a resource. */
  const grantsOf = (functionName: string): Grant[] => {
    const found = all('AWS::Lambda::Function').find(({ Properties }) => Properties.FunctionName === functionName);
    const role = found?.Properties.Role['Fn::GetAtt'][0];
    const attached = policies.filter(({ Properties, stack }) => {
      return stack === found?.stack && Properties.Roles.some(({ Ref }: { Ref: string }) => Ref === role);
    });
    return attached.flatMap((policy) =>
      statementsOf(policy as never).flatMap(({ Action, Resource }) =>
        list(Action).flatMap((action) =>
          list(Resource).map((resource) => ({ action: String(action), resource: text(resource, policy.stack) })),
        ),
      ),
    );
  };
  const lines = (grants: Grant[]) => grants.map(({ action, resource }) => `${action} ${resource}`).sort();
  const besidesLogsAndTraces = (functionName: string) =>
    lines(grantsOf(functionName)).filter((line) => !/^(logs|xray):/.test(line));
  return { roles, inline, everyStatement, statementsOf, grantsOf, lines, besidesLogsAndTraces };
}

"""
What a function is told that it may not do: AWS names the action and the resource, by which one finds the missing grant, and MiniStack
the action alone. And what a policy has to name: a log group by its ARN with `:*`, but for its tags (CloudWatch Logs, "Resource ARNs").
`apply()` puts both right in this process.
"""

from ministack.core import iam_actions

NAMING_SERVICES = {'dynamodb', 'events', 'kms', 'lambda', 's3', 'secretsmanager', 'sqs'}

deny = iam_actions.access_denied_response
resource_of = iam_actions.extract_resource_arn


def deny_by_name(service, action, principal, request_id, *, resource_arn='*', explicit_deny=False, **more):
    is_worded = any(more.get(name) for name in ('error_code', 'message', 'resource_policy_arn'))
    if service in NAMING_SERVICES and not is_worded:
        spelled = action.lower() if service == 'sqs' else action
        resource = f'"{resource_arn}"' if service == 's3' else resource_arn
        more['message'] = iam_actions.identity_denial_message(spelled, principal, resource, explicit_deny)
    return deny(
        service, action, principal, request_id, resource_arn=resource_arn, explicit_deny=explicit_deny, **more
    )


def resource_as_by_aws(service, *request, **more):
    arn = resource_of(service, *request, **more)
    return f'{arn}:*' if service == 'logs' and ':log-group:' in arn and not arn.endswith(':*') else arn


def apply():
    iam_actions.extract_resource_arn = resource_as_by_aws
    iam_actions.access_denied_response = deny_by_name

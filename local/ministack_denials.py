"""
What a function is told that it may not do: AWS names the action and the resource, by which one finds the missing grant, and MiniStack
the action alone. `apply()` puts that right in this process.
"""

from ministack.core import iam_actions

NAMING_SERVICES = {'dynamodb', 'events', 'kms', 'lambda', 's3', 'secretsmanager', 'sqs'}

deny = iam_actions.access_denied_response


def deny_by_name(service, action, principal, request_id, *, resource_arn='*', explicit_deny=False, **more):
    is_worded = any(more.get(name) for name in ('error_code', 'message', 'resource_policy_arn'))
    if service in NAMING_SERVICES and not is_worded:
        spelled = action.lower() if service == 'sqs' else action
        resource = f'"{resource_arn}"' if service == 's3' else resource_arn
        more['message'] = iam_actions.identity_denial_message(spelled, principal, resource, explicit_deny)
    return deny(
        service, action, principal, request_id, resource_arn=resource_arn, explicit_deny=explicit_deny, **more
    )


def apply():
    iam_actions.access_denied_response = deny_by_name

"""What MiniStack does again for every request and need not: `apply()` has it remember, or leave it out."""

import copy
import json
import marshal
import os
import re
import time
import uuid
from functools import lru_cache
from types import SimpleNamespace

import ministack.app as server
from ministack.core import arn, iam_actions, iam_evaluator, router
from ministack.services import apigateway, dynamodb, lambda_svc, sqs

# IAM tells of a change after seconds on AWS, too.
PRINCIPAL_SECONDS = 1

detect_service = server.detect_service
resolve_principal = iam_evaluator.resolve_principal
principals = {}
random_parts = []


def principal_of(access_key_id, account_id, credential=None):
    """MiniStack parses all the policies of a role twice for each request. Each request's signature is checked all the same."""
    key = (access_key_id, account_id)
    found, until = principals.get(key, (None, 0))
    if until < (now := time.monotonic()):
        found = resolve_principal(access_key_id, account_id, credential)
        if not isinstance(found, iam_evaluator.AuthError):
            principals[key] = (found, now + PRINCIPAL_SECONDS)
    return found


def copy_item(value):
    """Copies JSON in C, and what else a table may hold as MiniStack does all, which looks for circles."""
    try:
        return marshal.loads(marshal.dumps(value))
    except ValueError:
        return copy.deepcopy(value)


def remembered(of_text):
    """A function of a text. Whatever else it is given may have no hash."""
    of_known = lru_cache(10_000)(of_text)
    return lambda text: of_known(text) if isinstance(text, str) else of_text(text)


@lru_cache(1_000)
def pattern_of(route):
    """What the path of a route matches, and the names of its parameters."""
    parts = re.split(r'\{([^}]+)\}', route)
    names = parts[1::2]
    parts[::2] = map(re.escape, parts[::2])
    parts[1::2] = ('(.+)' if name.endswith('+') else '([^/]+)' for name in names)
    return re.compile(''.join(parts)), [name.removesuffix('+') for name in names]


def path_parameters(route, path):
    """MiniStack makes a pattern of each route twice for each request of an API."""
    pattern, names = pattern_of(route)
    found = pattern.fullmatch(path)
    return found and dict(zip(names, found.groups()))


def random_uuid():
    """Each answer has some of these, and MiniStack asks the kernel for each, where another thread takes its turn."""
    while True:
        try:
            return uuid.UUID(bytes=random_parts.pop(), version=4)
        except IndexError:
            block = os.urandom(16_384)
            random_parts.extend(block[start : start + 16] for start in range(0, len(block), 16))


@lru_cache(8)
def parsed(body):
    """Who may do what is asked is told by its body, which MiniStack parses for that three times, and then to do it."""
    return json.loads(body)


@lru_cache(1_000)
def service_named(target):
    """The service of what `x-amz-target` says; MiniStack looks through the prefixes of all for each request."""
    for service, known in router.SERVICE_PATTERNS.items():
        if target.startswith(tuple(known.get('target_prefixes', ()))):
            return service
    return None


def service_of(method, path, headers, query):
    target = headers.get('x-amz-target')
    return (target and service_named(target)) or detect_service(method, path, headers, query)


def unless_named(handle):
    """A request that names its operation in a header is of no API, no page and no bucket: MiniStack asks for forty of these."""

    async def handle_others(method, path, headers, *rest, **named):
        if path == '/' and 'x-amz-target' in headers:
            return None
        return await handle(method, path, headers, *rest, **named)

    return handle_others


def apply():
    server.detect_service = service_of
    for module in (iam_actions, lambda_svc, sqs):
        module.parse_arn = lru_cache(1_000)(arn.parse_arn)
    iam_actions.json = SimpleNamespace(**{**vars(json), 'loads': parsed})
    # What each request looks for in the environment, which does not change.
    iam_evaluator.is_root_access_key = lru_cache(1_000)(iam_evaluator.is_root_access_key)
    server._maybe_record_cloudtrail = lambda *request: None  # nobody reads it here
    uuid.uuid4 = random_uuid
    iam_evaluator.resolve_principal = principal_of
    apigateway._extract_path_params = path_parameters
    dynamodb.copy = SimpleNamespace(deepcopy=copy_item)
    for name in ('_number_error', '_number_size_bytes', '_ddb_canonicalize_number'):
        setattr(dynamodb, name, remembered(getattr(dynamodb, name)))
    for name in ('_handle_pre_body_request', '_handle_post_body_shortcuts', '_handle_special_data_plane_request'):
        setattr(server, name, unless_named(getattr(server, name)))

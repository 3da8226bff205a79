"""Where MiniStack is not as AWS is, and what costs it time on every call: `apply()` puts that right in this process."""

import asyncio
import logging
import os
import re
import threading
import time
from contextvars import ContextVar
from functools import lru_cache
from itertools import count

import ministack.app as server
import ministack_queues
import ministack_workers
from ministack.core import iam_actions, iam_evaluator, lambda_runtime
from ministack.core.responses import AccountRegionScopedDict
from ministack.services import _dynamodb_keywords, apigateway, cloudformation, dynamodb, lambda_svc, secretsmanager
from ministack.services.cloudformation import provisioners

# Lambda looks at a stream four times a second (Lambda's documentation, "Using AWS Lambda with Amazon DynamoDB").
STREAM_POLL_SECONDS = 0.25
# After a look at the queues in vain; MiniStack waits for 50 ms, where SQS answers a long poll at once.
QUEUE_POLL_SECONDS = 0.01
# Of streams, so often: what has been read goes after ten seconds.
LOOKS_TO_FORGET = 40
# So often, and so long: MiniStack needs some seconds for a stack.
STACK_LOOK_SECONDS = 0.1
STACK_LOOKS = 300

extract_iam_action = iam_actions.extract_iam_action
resource_arns = iam_actions.dynamodb_resource_arns
update_by_partiql = dynamodb._partiql_update
insert_by_partiql = dynamodb._partiql_insert
parse_partiql = dynamodb._parse_partiql
partiql_conditions = dynamodb._pq_conditions
stream_records_since = dynamodb.stream_records_since
poll_streams = lambda_svc._poll_dynamodb_streams
get_dynamodb_state = dynamodb.get_state
load_persisted_dynamodb = dynamodb.load_persisted_state
parse_execute_api_url = server._parse_execute_api_url
log = logging.getLogger('mends')
pin_request_origin = server.pin_request_origin
last_parsed = (None, None, None)
NODE_PATH = os.environ.get('NODE_PATH', '')
# The first that was made, unless the parent has named another.
apis_at_root = []


def iam_action(service, *request):
    """
    IAM knows no batch actions of SQS: sqs:SendMessage allows SendMessageBatch, and so on (SQS API permissions). Of PartiQL
    it knows the kind of statement, not of request (DynamoDB, "IAM policies with PartiQL"); here, the kind of the first.
    """
    action = extract_iam_action(service, *request)
    if action == 'dynamodb:BatchExecuteStatement':
        kind = re.search(rb'"Statement": ?"(INSERT|UPDATE)', request[3] or b'')
        return f'dynamodb:PartiQL{kind[1].decode().capitalize()}' if kind else action
    return action.removesuffix('Batch') if service == 'sqs' and action else action


def dynamodb_resource_arns(body, region, account):
    """Those of statements as well: each names its table."""
    if b'"Statement"' not in (body or b''):
        return resource_arns(body, region, account)
    tables = dict.fromkeys(re.findall(r'"Statement": ?"(?:UPDATE|INSERT INTO) \\"([^"\\]+)', body.decode()))
    arns = [iam_actions._dynamodb_table_arn(table, region, account) for table in tables]
    return arns or resource_arns(body, region, account)


def execute_api_url(host, path):
    """Serves an API at the root as well, where AWS has it: the paths that it answers with begin there."""
    if f'{path}/'.startswith(('/api/', '/console/')):
        found = [api_id for (_account, _region, api_id), _api in server._get_module('apigateway')._apis.all_items()]
        for api_id in (apis_at_root or found)[:1]:
            path = f'/_aws/execute-api/{api_id}{path}'
    return parse_execute_api_url(host, path)


def camel_case(configuration):
    """A stack's CORS configuration is kept with the names of CloudFormation, and read by those of the API."""
    return {name[:1].lower() + name[1:]: value for name, value in (configuration or {}).items()}


def page_origins():
    """The origins whose pages may call the API: it answers them itself, as it is configured."""
    apis = server._get_module('apigateway')._apis.all_items()
    configured = [camel_case(api.get('corsConfiguration')).get('allowOrigins', []) for _id, api in apis]
    return {origin.lower() for origins in configured for origin in origins}


def partiql_update(table, parsed, data=None):
    """A table's stream has what PartiQL writes, too."""
    pk, sk, _condition, error = dynamodb._partiql_key_target(table, parsed)
    before = None if error else table['items'].get(pk, {}).get(sk)
    answer = update_by_partiql(table, parsed, data)
    if answer[0] == 200:
        dynamodb._emit_stream_event(table['TableName'], 'MODIFY', before, table['items'][pk][sk])
    return answer


def partiql_insert(table, parsed):
    """A row that PartiQL makes is in the table's stream, too."""
    answer = insert_by_partiql(table, parsed)
    if answer[0] == 200:
        item = parsed['item']
        dynamodb._emit_stream_event(table['TableName'], 'INSERT', None, item['M'] if set(item) == {'M'} else item)
    return answer


def without_alternatives(where):
    """What stands beside the ORs of a condition; nothing, where there is only an OR."""
    if where is None or where[0] == 'or':
        return None
    if where[0] != 'and':
        return where
    left, right = map(without_alternatives, where[1:])
    return ('and', left, right) if left and right else left or right


def key_conditions(where):
    """An OR beside the key's equality is only a condition: MiniStack finds no key in a statement that has one anywhere."""
    return partiql_conditions(without_alternatives(where))


def parse_partiql_once(statement, parameters):
    """A batch parses each of its statements twice."""
    global last_parsed
    text, values, parsed = last_parsed
    if statement is not text or parameters is not values:
        parsed = parse_partiql(statement, parameters)
        last_parsed = (statement, parameters, parsed)
    return parsed


def gathered_stream_records(table, position, limit, **scope):
    records = stream_records_since(table, position, limit, **scope)
    reader = (table, position, limit)  # a stream may have several, each at a place of its own
    return [] if ministack_queues.is_gathering(reader, len(records), limit, f':table/{table}/stream/') else records


def unread_of_streams():
    """The records that event sources have still to read, and the place of the first of them in their stream."""
    records, trimmed = AccountRegionScopedDict(), AccountRegionScopedDict()
    for (account, region, source), esm in lambda_svc._esms.all_items():
        found = re.search(r':table/([^/]+)/stream/', esm.get('EventSourceArn', ''))
        if found is None:
            continue
        table, scope = found[1], {'account_id': account, 'region': region}
        first = dynamodb.stream_start_position(table, **scope)
        position = lambda_svc._dynamodb_stream_positions.get_scoped(account, region, source, first)
        position = max(first, min(position, trimmed.get_scoped(account, region, table, position)))
        records.set_scoped(account, region, table, dynamodb.stream_live_records(table, **scope)[position - first :])
        trimmed.set_scoped(account, region, table, position)
    return records, trimmed


def dynamodb_state():
    """MiniStack saves where event sources are in a stream and not the stream, and would then wait for what it has been through."""
    records, trimmed = unread_of_streams()
    return {**get_dynamodb_state(), 'stream_records': records, 'stream_trimmed': trimmed}


def load_dynamodb_state(data):
    load_persisted_dynamodb(data)
    if data:
        dynamodb._stream_records.update(data.get('stream_records', {}))
        dynamodb._stream_trimmed.update(data.get('stream_trimmed', {}))


async def forget_read_records():
    """MiniStack keeps for a day what all event sources of a stream have read, and nobody else reads here."""
    _unread, positions = unread_of_streams()
    for (account, region, table), position in positions.all_items():
        scope = {'account_id': account, 'region': region}
        del dynamodb.stream_live_records(table, **scope)[: position - dynamodb.stream_start_position(table, **scope)]
        dynamodb._stream_trimmed.set_scoped(account, region, table, position)


def follow_streams():
    """Apart from the queues: MiniStack looks at no queue while the function of a stream is at work."""
    for look in count(1):
        try:
            while poll_streams():
                pass
            if look % LOOKS_TO_FORGET == 0 and server._MAIN_LOOP:  # while neither this nor the server's thread reads them
                asyncio.run_coroutine_threadsafe(forget_read_records(), server._MAIN_LOOP).result()
        except Exception:
            log.exception('streams not polled')
        time.sleep(STREAM_POLL_SECONDS)


def over_tls(source_ip, _is_secure):
    """The loopback stands for TLS: the policies that refuse every other transport hold here as they ship."""
    pin_request_origin(source_ip, True)


def node_worker(script):
    """Parses URLs as Node does now: the old way is two lines of a warning at every cold start."""
    parse_url = 'function parseUrl(text) { return url.urlToHttpOptions(new url.URL(text)); }'
    return script.replace('url.parse(', 'parseUrl(') + parse_url


def begin_deploy():
    """Until its end, what begins has the SDK of Lambda's runtime, and nobody is held to a role; see `end_deploy`."""
    os.environ['NODE_PATH'] = NODE_PATH
    server.AUTH = False


def end_deploy():
    """
    From here on a function can do what its role grants, and find what is in its bundle. A deploy needs more: MiniStack refuses
    the CDK's own roles, and its custom resources count on the SDK of Lambda's runtime. What has begun by then ends with its call.
    """
    os.environ.pop('NODE_PATH', None)
    server.AUTH = True
    ministack_workers.retire_workers(lambda _key: True)


def await_stacks():
    """A stop in the middle of a deploy would save stacks that no deploy goes on from."""
    for _ in range(STACK_LOOKS):
        found = [stack.get('StackStatus', '') for _scope, stack in cloudformation._stacks.all_items()]
        if not any(re.search('(?<!REVIEW)_IN_PROGRESS$', status) for status in found):
            return
        time.sleep(STACK_LOOK_SECONDS)


def name_secrets_by_arn():
    """`Ref` of a secret is its ARN (CloudFormation's reference, "AWS::SecretsManager::Secret"), and policies name it so."""
    handlers = provisioners._RESOURCE_HANDLERS['AWS::SecretsManager::Secret']
    create, update, delete = handlers['create'], handlers['update'], handlers['delete']

    def name_of(arn):
        return secretsmanager._resolve(arn)[0] or arn

    def with_arn(made):
        return made[1]['Arn'], made[1]

    handlers['create'] = lambda *given, **more: with_arn(create(*given, **more))
    handlers['update'] = lambda arn, *given, **more: with_arn(update(name_of(arn), *given, **more))
    handlers['delete'] = lambda arn, *given, **more: delete(name_of(arn), *given, **more)


def apply():
    lambda_runtime._NODEJS_WORKER_SCRIPT = node_worker(lambda_runtime._NODEJS_WORKER_SCRIPT)
    server.pin_request_origin = over_tls
    # Event sources have no request, and come over TLS on AWS.
    iam_evaluator._request_origin = ContextVar('request_origin', default=('127.0.0.1', True))
    dynamodb._partiql_update = partiql_update
    dynamodb._partiql_insert = partiql_insert
    dynamodb._parse_partiql = parse_partiql_once
    dynamodb._pq_conditions = key_conditions
    # A query parses its condition anew for every item of the partition: half a second for a list among 10,000 tasks.
    dynamodb._tokenize = lru_cache(1024)(dynamodb._tokenize)
    dynamodb._condition_syntax_error = lru_cache(1024)(dynamodb._condition_syntax_error)
    _dynamodb_keywords._tokenize = lru_cache(1024)(_dynamodb_keywords._tokenize)
    dynamodb.get_state = dynamodb_state
    dynamodb.load_persisted_state = load_dynamodb_state
    dynamodb.stream_records_since = gathered_stream_records
    dynamodb.esm_wake = threading.Event()  # a change of a table is no reason to look at the queues
    lambda_svc._poll_dynamodb_streams = bool
    lambda_svc._ESM_IDLE_WAKE_GAP_SECONDS = QUEUE_POLL_SECONDS
    threading.Thread(target=follow_streams, daemon=True).start()
    iam_actions.extract_iam_action = iam_action
    iam_actions.dynamodb_resource_arns = dynamodb_resource_arns
    server._parse_execute_api_url = execute_api_url
    for name in ('_cors_response_headers', '_cors_preflight_response'):
        answer = getattr(apigateway, name)
        setattr(apigateway, name, lambda cors, origin, answer=answer: answer(camel_case(cors), origin))
    name_secrets_by_arn()

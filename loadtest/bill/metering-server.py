"""
Runs the local cloud with its count of calls (`loadtest/peers/counting_server.py`), and meters what AWS would bill of them:
`GET /_usage` tells it by function. Units of DynamoDB are reckoned of each row as it was and as it is, since the local cloud reports
none for a statement of a batch; what event sources ask of SQS has no request here, and is counted where they take messages.
"""

import re
import sys
import threading
import time
from collections import Counter, defaultdict
from contextvars import ContextVar
from math import ceil
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parents[1] / 'peers'))
import counting_server

sys.path.insert(0, str(counting_server.LOCAL))
import ministack_mends
import ministack_traces
from ministack.services import dynamodb, eventbridge, lambda_svc, sqs, sts

QUEUE_CHUNK = 64 * 1024  # "Amazon SQS pricing"
EVENT_CHUNK = 64 * 1024  # "Amazon EventBridge pricing"
API_CHUNK = 512 * 1024  # "Amazon API Gateway pricing", HTTP APIs
BATCH_MESSAGES = 10
# Nine of ten messages take 14 ms and more from before their send to their handler (bitesizedserverless.com, "Serverless Messaging:
# Latency Compared"): at once, as the local cloud delivers them, they overtake the row that the router writes behind its send.
DELIVERY_SECONDS = 0.01
LOG_EVENT_BYTES = 26  # "Amazon CloudWatch Logs quotas", PutLogEvents
STORED_OVERHEAD_BYTES = 100  # for each item and entry of an index ("Amazon DynamoDB pricing")
OF_FUNCTIONS = re.compile(rb'Credential=(ASIA\w+)')

usage = defaultdict(Counter)
lock = threading.Lock()
caller = ContextVar('caller', default='event sources')
apply_mends = ministack_mends.apply


def meter(what, amount, function=None):
    with lock:
        usage[function or caller.get()][what] += amount


def chunks(size, chunk):
    return max(1, ceil(size / chunk))


def write_units(table, old, new):
    units = dynamodb._capacity_kb(max(dynamodb._item_size_bytes(row) if row else 0 for row in (old, new)))
    return units + sum(dynamodb._index_write_units(table, index, old, new) for index in table.get('GlobalSecondaryIndexes') or [])


def read_units(table, keys, is_consistent):
    rows = [dynamodb._get_item_by_key(table, key) for key in keys]
    sizes = [dynamodb._item_size_bytes(row) if row else 0 for row in rows]
    return sum(chunks(size, 4096) for size in sizes) * (1 if is_consistent else 0.5)


def metered_stream_event(name, event, old, new, *rest, **more):
    table = dynamodb._tables.get(name)
    if table:
        meter(f'write units of {name}', write_units(table, old, new))
    return emit_stream_event(name, event, old, new, *rest, **more)


def metered_refusal(data, row, *rest):
    """A refused write is billed as one that leaves the row as it is ("Working with items and attributes")."""
    meter('write units of refused writes', dynamodb._capacity_kb(dynamodb._item_size_bytes(row) if row else 0))
    return conditional_check_failed(data, row, *rest)


def metered_insert(table, parsed):
    answer = partiql_insert(table, parsed)
    if answer[0] != 200:
        meter('write units of refused writes', 1)
    return answer


def metered_get(data):
    if table := dynamodb._tables.get(data.get('TableName')):
        meter('read units', read_units(table, [data['Key']], data.get('ConsistentRead')))
    return get_item(data)


def metered_batch_get(data):
    for name, wanted in data.get('RequestItems', {}).items():
        if table := dynamodb._tables.get(name):
            meter('read units', read_units(table, wanted['Keys'], wanted.get('ConsistentRead')))
    return batch_get_item(data)


def metered_query(data):
    """A query reads what it answers with; with a filter or a projection it reads more, and the meter too little."""
    answer = query(data)
    meter('read units', chunks(len(answer[2]), 4096) * (1 if data.get('ConsistentRead') else 0.5))
    return answer


def message_bytes(message):
    attributes = [*message.get('MessageAttributes', {}).items(), *message.get('MessageSystemAttributes', {}).items()]
    return len(message.get('MessageBody', '').encode()) + sum(len(str(part)) for part in attributes)


def metered_queue_call(operation, handle):
    def metered(data, url):
        messages = data.get('Entries', [data])
        requests = chunks(sum(map(message_bytes, messages)), QUEUE_CHUNK)
        meter(f'SQS requests of {operation}', requests)
        if any('MessageGroupId' in message for message in messages):
            meter('SQS fair requests', requests)
        return handle(data, url)

    return metered


def metered_receive_call(receive):
    async def metered(data, url):
        answer = await receive(data, url)
        meter('SQS requests of ReceiveMessage', received_chunks(message['Body'] for message in answer.get('Messages', [])))
        return answer

    return metered


def received_chunks(bodies):
    return chunks(sum(len(body.encode()) for body in bodies), QUEUE_CHUNK)


def metered_receive(url, limit):
    """Lambda takes ten messages with a receive. What it asks an empty queue is a deployment's, not a task's."""
    batch = receive_for_event_source(url, limit)
    if batch:
        time.sleep(max(0, max(message['sent_at'] for message in batch) + DELIVERY_SECONDS - time.time()))
    for first in range(0, len(batch), BATCH_MESSAGES):
        bodies = (message['body'] for message in batch[first : first + BATCH_MESSAGES])
        meter('SQS requests of ReceiveMessage', received_chunks(bodies))
    return batch


def metered_delete(url, receipts):
    meter('SQS requests of DeleteMessageBatch', ceil(len(receipts) / BATCH_MESSAGES))
    return delete_for_event_source(url, receipts)


def metered_events(data, *rest, **more):
    meter('events', sum(chunks(len(entry.get('Detail', '').encode()), EVENT_CHUNK) for entry in data.get('Entries', [])))
    return put_events(data, *rest, **more)


def metered_logs(func, request_id, text, error, milliseconds, **more):
    """Each invocation comes here when it ends."""
    name = (func.get('config') or func)['FunctionName']
    lines = [line for line in text.split('\n') if line]
    with lock:
        used = usage[name]
        used['invocations'] += 1
        used['milliseconds'] += milliseconds
        used['log lines'] += len(lines)
        for line in lines:
            event = re.search(r'"event":"([\w ]+)"', line)
            kind = event[1] if event else 'metrics' if '"_aws"' in line else 'other'
            used[f'log bytes of {kind}'] += len(line.encode()) + LOG_EVENT_BYTES
    return emit_logs(func, request_id, text, error, milliseconds, **more)


def stored():
    """Rows of each table, and what they are billed as with their entries in indexes."""
    found = {}
    for name, table in dynamodb._tables.items():
        rows = [row for partition in list(table['items'].values()) for row in list(partition.values())]
        views = [
            view[1]
            for row in rows
            for index in table.get('GlobalSecondaryIndexes') or []
            if (view := dynamodb._index_write_view(table, index, row))
        ]
        size = sum(dynamodb._item_size_bytes(entry) + STORED_OVERHEAD_BYTES for entry in rows + views)
        found[name] = {'rows': len(rows), 'bytes': size}
    return found


async def metered(scope, receive, send):
    if scope['type'] == 'http':
        if scope['path'] == '/_usage':
            with lock:
                functions = {name: dict(used) for name, used in usage.items()}
                # A trace is billed once, whoever sends segments of it.
                functions['X-Ray'] = {'traces': ministack_traces.begun}
            return await counting_server.send_json(send, {'functions': functions, 'stored': stored()})
        headers = dict(scope['headers'])
        if found := OF_FUNCTIONS.search(headers.get(b'authorization', b'')):
            session = sts._sessions.get(found[1].decode(), {})
            name = session.get('Arn', 'unknown').rsplit('/', 1)[-1]
            caller.set(name)
            service = headers.get(b'x-amz-target', b'').decode().split('.')[0].split('_')[0] or 'REST'
            meter(f'calls of {service}.{counting_server.operation_of(scope, headers)}', 1)
        elif scope['path'].startswith('/api/'):
            meter('API requests', chunks(int(headers.get(b'content-length', b'0')), API_CHUNK), 'api')
        else:
            caller.set('others')
    return await counting_server.counted(scope, receive, send)


def apply():
    apply_mends()
    global emit_stream_event, conditional_check_failed, partiql_insert, get_item, batch_get_item, query
    global receive_for_event_source, delete_for_event_source, put_events, emit_logs
    emit_stream_event, dynamodb._emit_stream_event = dynamodb._emit_stream_event, metered_stream_event
    conditional_check_failed, dynamodb._conditional_check_failed = dynamodb._conditional_check_failed, metered_refusal
    partiql_insert, dynamodb._partiql_insert = dynamodb._partiql_insert, metered_insert
    get_item, dynamodb._get_item = dynamodb._get_item, metered_get
    batch_get_item, dynamodb._batch_get_item = dynamodb._batch_get_item, metered_batch_get
    query, dynamodb._query = dynamodb._query, metered_query
    receive_for_event_source, sqs._receive_messages_for_esm = sqs._receive_messages_for_esm, metered_receive
    delete_for_event_source, sqs._delete_messages_for_esm = sqs._delete_messages_for_esm, metered_delete
    put_events, eventbridge._put_events = eventbridge._put_events, metered_events
    emit_logs, lambda_svc._emit_lambda_logs = lambda_svc._emit_lambda_logs, metered_logs
    for operation, handle in sqs._HANDLERS.items():
        is_receive = operation == 'ReceiveMessage'
        sqs._HANDLERS[operation] = metered_receive_call(handle) if is_receive else metered_queue_call(operation, handle)


ministack_mends.apply = apply
counting_server.run(metered)

"""
Runs the local cloud as `local/ministack-server.py` does, and counts what functions ask of it: `GET /_calls` tells how often
each operation was called so far. Functions are known by the credentials of their roles; whoever deploys or measures has none.
Functions with active tracing, which the other stacks have, are sampled as X-Ray's default rule has it, where the local cloud samples
all: none on AWS pays for that many. Millrace samples itself.
"""

import json
import random
import re
import runpy
import sys
import time
from collections import Counter
from pathlib import Path

import ministack.app as server
from ministack.services import lambda_svc

# "The first request each second, and five percent of any additional requests" (X-Ray, "Configuring sampling rules").
SAMPLED_PART = 0.05

LOCAL = Path(__file__).parents[2] / 'local'
# Of the protocols in which the path names the operation.
REST = [
    (re.compile(r'POST .*/invocations$'), 'Invoke'),
    (re.compile(r'POST .*/durable-executions/.*/checkpoint$'), 'CheckpointDurableExecution'),
    (re.compile(r'GET .*/durable-executions/.*/state$'), 'GetDurableExecutionState'),
    (re.compile(r'GET .*/event-source-mappings'), 'ListEventSourceMappings'),
]

calls = Counter()
answer = server.app
trace_header = lambda_svc._xray_trace_id_for_invocation
sampled_seconds = {}


def operation_of(scope, headers):
    if target := headers.get(b'x-amz-target'):
        return target.decode().split('.')[-1]
    request = f"{scope['method']} {scope['path']}"
    return next((name for pattern, name in REST if pattern.match(request)), request)


def sampled_header(config, inbound=None):
    header = trace_header(config, inbound)
    if header is None or inbound:
        return header
    name, second = config.get('FunctionName'), int(time.time())
    if sampled_seconds.get(name) != second:
        sampled_seconds[name] = second
        return header
    return header if random.random() < SAMPLED_PART else header.replace('Sampled=1', 'Sampled=0')


async def send_json(send, value):
    await send({'type': 'http.response.start', 'status': 200, 'headers': [(b'content-type', b'application/json')]})
    await send({'type': 'http.response.body', 'body': json.dumps(value).encode()})


async def counted(scope, receive, send):
    if scope['type'] == 'http':
        if scope['path'] == '/_calls':
            return await send_json(send, calls)
        headers = dict(scope['headers'])
        if b'Credential=ASIA' in headers.get(b'authorization', b''):
            calls[operation_of(scope, headers)] += 1
    return await answer(scope, receive, send)


def run(app=counted):
    """Runs the local cloud with an app that has `counted` within."""
    server.app = app
    lambda_svc._xray_trace_id_for_invocation = sampled_header
    sys.path.insert(0, str(LOCAL))
    runpy.run_path(str(LOCAL / 'ministack-server.py'), run_name='__main__')


if __name__ == '__main__':
    run()

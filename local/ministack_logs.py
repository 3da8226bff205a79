"""
Keeps what functions log line by line, when they write it: MiniStack's CloudWatch has the lines of a call when that has ended, which may
take minutes, and all with the time of its end. As on AWS, a process has a stream of its own, and who asks for some of many lines gets a
token for the others. Where the parent wants them, it is told the lines, too, on a pipe of its own.
"""

import json
import os
import threading
import time
import uuid

import ministack_retention
from ministack.core import lambda_runtime
from ministack.core.responses import error_response_json, json_response, request_scope
from ministack.services import cloudwatch_logs, lambda_svc
from ministack_workers import END_OF_LOG, is_node

PIPE = 3
# Of one process: the older half of them goes when there are more.
LINES = 20_000
one_at_a_time = threading.Lock()
filter_log_events = cloudwatch_logs._filter_log_events


def tell(function, line):
    record = json.dumps({'function': function, 'line': line}).encode() + b'\n'
    with one_at_a_time:
        while record:
            record = record[os.write(PIPE, record) :]


def open_stream(worker):
    config = worker.config
    group = (config.get('LoggingConfig') or {}).get('LogGroup') or f'/aws/lambda/{worker.func_name}'
    name = f'{time.strftime("%Y/%m/%d", time.gmtime())}/[{config.get("Version", "$LATEST")}]{uuid.uuid4().hex}'
    with request_scope(*lambda_runtime._account_region_from_function_config(config)):
        cloudwatch_logs._create_log_group({'logGroupName': group})  # mostly it is there
        cloudwatch_logs._create_log_stream({'logGroupName': group, 'logStreamName': name})
        ministack_retention.forget_oldest_logs(config)
        return cloudwatch_logs._log_groups[group]['streams'][name]


def keep(stream, line):
    now = int(time.time() * 1000)
    event = {'timestamp': now, 'message': line, 'ingestionTime': now, 'eventId': uuid.uuid4().hex}
    cloudwatch_logs._append_log_events(stream, [event])
    if len(stream['events']) > LINES:
        stream['events'] = stream['events'][LINES // 2 :]


def reader(is_told):
    def read_log(worker):
        """Takes the place of `Worker._read_stderr`."""
        lines, stream = worker._stderr_queue, None
        try:
            for line in worker._proc.stderr:
                lines.put(line := line.rstrip('\n'))
                if not (logged := line.removesuffix(END_OF_LOG)):
                    continue
                if is_node(worker):
                    stream = stream or open_stream(worker)
                    keep(stream, logged)
                if is_told:
                    tell(worker.func_name, logged)
        except (OSError, ValueError):
            pass  # the worker is gone, or the parent, and with it the server

    return read_log


def emitter_of_others(emit):
    def emit_others(func, *call, **told):
        """Keeps what a function has logged whose lines are not kept when they come."""
        if not ((func.get('config') or func).get('Runtime') or '').startswith('nodejs'):
            emit(func, *call, **told)

    return emit_others


def filter_by_pages(data):
    """What stands behind the limit is nowhere in MiniStack's answer, nor does that say that there is more."""
    try:
        given = int(data.get('nextToken') or 0)
    except ValueError:
        return error_response_json('InvalidParameterException', 'The specified nextToken is invalid.', 400)
    limit = data.get('limit', 10_000)
    status, headers, body = filter_log_events({**data, 'limit': given + limit + 1})
    if status != 200:
        return status, headers, body
    found = json.loads(body)
    events = found['events'][given : given + limit]
    more = {'nextToken': str(given + limit)} if len(found['events']) > given + limit else {}
    return json_response({**found, 'events': events, **more})


def apply(is_told):
    lambda_runtime.Worker._read_stderr = reader(is_told)
    lambda_svc._emit_lambda_logs = emitter_of_others(lambda_svc._emit_lambda_logs)
    cloudwatch_logs._filter_log_events = filter_by_pages

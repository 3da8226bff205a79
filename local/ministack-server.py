"""Runs MiniStack so that it never outlives its parent and never leaves half a state behind.

    python ministack-server.py <directory>

The parent holds our stdin. It writes the line "keep" once what the server holds is worth keeping; when stdin ends after
that (the parent stops us, or died), the state is saved and the server ends with all its workers. When it ends before,
they end at once, and the directory stays as the last run left it. The file `saved` says that the state is complete, and
of which port it is.
"""

import logging
import os
import re
import shutil
import signal
import sys
import threading
import time
from collections import Counter, deque
from functools import lru_cache
from pathlib import Path

import ministack.app as server
from ministack.core import iam_actions
from ministack.services import dynamodb, sqs

SAVED = Path(sys.argv[1]) / 'saved'
STATE = Path(os.environ['STATE_DIR'])
PORT = os.environ['GATEWAY_PORT']
SAVE_ATTEMPTS = 3
ADDRESSED = ('sqs.json', 'lambda.json', 'cloudformation.json', 'apigateway.json')


class Failures(logging.Handler):
    """MiniStack logs what it could not save, and goes on."""

    count = 0

    def emit(self, record):
        self.count += 1


failures = Failures(level=logging.ERROR)
save_all = server.save_all
collect = sqs._collect_msgs
extract_iam_action = iam_actions.extract_iam_action
resource_arns = iam_actions.dynamodb_resource_arns
update_by_partiql = dynamodb._partiql_update
parse_execute_api_url = server._parse_execute_api_url


def end_group():
    shutil.rmtree(os.environ['TMPDIR'], ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


def save_and_end(services):
    """Takes the place of MiniStack's own save: the last thing that a stopping server has to do."""
    SAVED.unlink(missing_ok=True)
    for _ in range(SAVE_ATTEMPTS):  # a worker that still writes can spoil one attempt
        failures.count = 0
        save_all(services)
        if failures.count == 0:
            SAVED.write_text(PORT)
            break
    end_group()


def move_to_port():
    """A queue's key in the state is its URL: on another port than before, no event source would find its queue."""
    if not SAVED.exists() or (last := SAVED.read_text()) == PORT:
        return
    for file in filter(Path.exists, map(STATE.joinpath, ADDRESSED)):
        file.write_text(file.read_text().replace(f'localhost:{last}', f'localhost:{PORT}'))
    SAVED.write_text(PORT)


def follow_parent():
    keep = sys.stdin.readline().strip() == 'keep'
    sys.stdin.read()
    if not keep:
        end_group()
    # On the event loop, as MiniStack's own shutdown does it, but without waiting for idle connections to go away.
    server._MAIN_LOOP.call_soon_threadsafe(lambda: save_and_end(server._build_persistence_save_dict()))


def iam_action(service, *request):
    """
    IAM knows no batch actions of SQS: sqs:SendMessage allows SendMessageBatch, and so on (SQS API permissions). Of PartiQL
    it knows the kind of statement, not of request; ours are updates (DynamoDB, "IAM policies with PartiQL").
    """
    action = extract_iam_action(service, *request)
    if action == 'dynamodb:BatchExecuteStatement':
        return 'dynamodb:PartiQLUpdate'
    return action.removesuffix('Batch') if service == 'sqs' and action else action


def dynamodb_resource_arns(body, region, account):
    """Those of statements as well: each names its table."""
    tables = dict.fromkeys(re.findall(r'"Statement": ?"UPDATE \\"([^"\\]+)', (body or b'').decode()))
    arns = [iam_actions._dynamodb_table_arn(table, region, account) for table in tables]
    return arns or resource_arns(body, region, account)


def execute_api_url(host, path):
    """Serves the API at the root as well, where AWS has it: the paths that it answers with begin there."""
    is_ours = f'{path}/'.startswith(('/api/', '/console/'))
    apis = server._get_module('apigateway')._apis.all_items() if is_ours else []
    for (_account, _region, api_id), _api in apis[:1]:
        path = f'/_aws/execute-api/{api_id}{path}'
    return parse_execute_api_url(host, path)


def collect_fairly(queue, limit, visibility):
    """On a standard queue with message groups, SQS first delivers those of tenants that have less in flight ("fair queues")."""
    now = time.time()
    waiting, in_flight = {}, Counter()
    for message in queue['messages']:
        group = message.get('group_id')
        if message['visible_at'] <= now:
            waiting.setdefault(group, deque()).append(message)
        elif message['receive_count'] > 0:
            in_flight[group] += 1
    if queue['is_fifo'] or len(waiting) < 2:
        return collect(queue, limit, visibility)
    chosen = []
    while waiting and len(chosen) < limit:
        quietest = min(waiting, key=in_flight.__getitem__)
        chosen.append(waiting[quietest].popleft())
        in_flight[quietest] += 1
        if not waiting[quietest]:
            del waiting[quietest]
    return collect({**queue, 'messages': chosen}, limit, visibility)


def partiql_update(table, parsed, data=None):
    """A table's stream has what PartiQL writes, too."""
    pk, sk, _condition, error = dynamodb._partiql_key_target(table, parsed)
    before = None if error else table['items'].get(pk, {}).get(sk)
    answer = update_by_partiql(table, parsed, data)
    if answer[0] == 200:
        dynamodb._emit_stream_event(table['TableName'], 'MODIFY', before, table['items'][pk][sk])
    return answer


sqs._collect_msgs = collect_fairly
dynamodb._partiql_update = partiql_update
# A query parses its condition anew for every item of the partition: half a second for a list among 10,000 tasks.
dynamodb._tokenize = lru_cache(1024)(dynamodb._tokenize)
dynamodb._condition_syntax_error = lru_cache(1024)(dynamodb._condition_syntax_error)
logging.getLogger('persistence').addHandler(failures)
iam_actions.extract_iam_action = iam_action
iam_actions.dynamodb_resource_arns = dynamodb_resource_arns
server._parse_execute_api_url = execute_api_url
server.save_all = save_and_end
move_to_port()
sys.argv = sys.argv[:1]  # MiniStack reads it, too
threading.Thread(target=follow_parent, daemon=True).start()
server.main()

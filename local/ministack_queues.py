"""
How MiniStack hands over messages: over all of a queue four times for each receive, and once for each delete. `apply()` goes over
it once, and gives what AWS gives: on standard queues with message groups first the messages of tenants that have less in flight,
and to event sources as many as they take, gathered for their window.
"""

import json
import math
import time
from collections import Counter, defaultdict, deque

from ministack.services import lambda_svc, sqs

# How often a queue is looked over for messages past their retention, which is a minute at the least.
RETENTION_SECONDS = 1
INVALID_HANDLE = {
    'Code': 'ReceiptHandleIsInvalid',
    'Message': 'The input receipt handle is invalid.',
    'SenderFault': True,
}

collect = sqs._collect_msgs
delete_one = sqs._act_delete_message
expire_retained = sqs._expire_retained
move_dead_letters = sqs._dlq_sweep
looked_over = {}
waiting_since = {}


def expire(queue):
    """Each receive asks for it."""
    now, arn = time.monotonic(), queue['attributes']['QueueArn']
    if looked_over.get(arn, 0) <= now - RETENTION_SECONDS:
        looked_over[arn] = now
        expire_retained(queue)


def most_receives(queue):
    policy = queue['attributes'].get('RedrivePolicy')
    return int(json.loads(policy)['maxReceiveCount']) if policy else math.inf


def look_over(queue):
    """The messages that can be received, by group, and how many of each group are in flight."""
    now, most, has_dead_letters = time.time(), most_receives(queue), False
    waiting, in_flight = defaultdict(deque), Counter()
    for message in queue['messages']:
        if message['visible_at'] > now:
            if message['receive_count'] > 0:
                in_flight[message.get('group_id')] += 1
        elif message['receive_count'] >= most:
            has_dead_letters = True
        else:
            waiting[message.get('group_id')].append(message)
    if has_dead_letters:
        move_dead_letters(queue)
    return waiting, in_flight


def take(queue, waiting, in_flight, limit, visibility):
    """Of a standard queue with message groups, SQS first delivers those of tenants that have less in flight ("fair queues")."""
    chosen = []
    while waiting and len(chosen) < limit:
        quietest = min(waiting, key=in_flight.__getitem__)
        chosen.append(waiting[quietest].popleft())
        in_flight[quietest] += 1
        if not waiting[quietest]:
            del waiting[quietest]
    return collect({**queue, 'messages': chosen}, limit, visibility)


def collect_fairly(queue, limit, visibility):
    """What a receive takes, which no event source takes at the same time."""
    with sqs._queues_lock:
        if queue['is_fifo']:
            move_dead_letters(queue)
            return collect(queue, limit, visibility)
        return take(queue, *look_over(queue), limit, visibility)


def window_of(source, limit):
    """The batching window, which MiniStack ignores, of the event source that takes so many from there."""
    for _key, esm in lambda_svc._esms.all_items():
        if source in esm.get('EventSourceArn', '') and esm.get('BatchSize', limit) == limit:
            return esm.get('MaximumBatchingWindowInSeconds') or 0
    return 0


def is_gathering(reader, count, limit, source):
    """Whether what waits is less than an event source takes, and its window is not over since the first of it."""
    if 0 < count < limit:
        now = time.monotonic()
        if now - waiting_since.setdefault(reader, now) < window_of(source, limit):
            return True
    waiting_since.pop(reader, None)
    return False


def gathered_messages(url, limit):
    """As many as the event source takes: MiniStack hands over ten at most, as an SQS receive does and Lambda does not."""
    with sqs._queues_lock:
        queue = sqs._get_q(url)
        if not queue['messages']:
            waiting_since.pop(url, None)
            return []
        expire(queue)
        waiting, in_flight = look_over(queue)
        if is_gathering(url, sum(map(len, waiting.values())), limit, queue['attributes']['QueueArn']):
            return []
        visibility = int(queue['attributes'].get('VisibilityTimeout', 30))
        if queue['is_fifo']:
            return collect(queue, limit, visibility)
        return take(queue, waiting, in_flight, limit, visibility)


def removed(queue, handles):
    """Removes messages by their receipt handles, and returns the handles of those that were there. What is sent meanwhile stays."""
    left, found = set(handles), set()
    with sqs._queues_lock:
        messages, place = queue['messages'], 0
        while left and place < len(messages):
            handle = messages[place]['receipt_handle']
            if handle in left:
                del messages[place]
                left.remove(handle)
                found.add(handle)
            else:
                place += 1
    return found


def delete_for_event_source(url, handles):
    removed(sqs._get_q(url), handles)


def delete_message(request, url):
    queue, handle = sqs._get_q(request.get('QueueUrl', url), 'sqs:DeleteMessage'), request.get('ReceiptHandle')
    # MiniStack has the words for what is wrong.
    return {} if handle and removed(queue, [handle]) else delete_one({**request, 'ReceiptHandle': handle or ''}, url)


def delete_batch(request, url):
    """Deletes all of a batch that are there."""
    queue, entries = sqs._get_q(request.get('QueueUrl', url), 'sqs:DeleteMessage'), request.get('Entries', [])
    sqs._validate_batch_entries(entries, 'DeleteMessageBatchRequestEntry')
    found = removed(queue, [entry.get('ReceiptHandle') for entry in entries])
    answer = {'Successful': [], 'Failed': []}
    for entry in entries:
        told = {'Id': entry.get('Id', '')}
        if (handle := entry.get('ReceiptHandle')) in found:
            found.remove(handle)  # a second entry of the same finds nothing
            answer['Successful'].append(told)
        else:
            answer['Failed'].append({**told, **INVALID_HANDLE})
    return answer


def apply():
    sqs._expire_retained = expire
    sqs._dlq_sweep = lambda _queue: None  # a receive looks for them itself
    sqs._collect_msgs = collect_fairly
    sqs._receive_messages_for_esm = gathered_messages
    sqs._delete_messages_for_esm = delete_for_event_source
    sqs._HANDLERS.update(DeleteMessage=delete_message, DeleteMessageBatch=delete_batch)

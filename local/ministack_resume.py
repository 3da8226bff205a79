"""
What was under way when MiniStack stopped is under way no more: its functions ended with it, and in AWS none do. So a start
gives it back, as if the visibility timeouts and leases had run out meanwhile. Queues are looked at from `resume()` on:
what a deploy replaces, or a failed one takes back, has not begun then.
"""

import threading
import time

from ministack.services import dynamodb, lambda_svc, sqs

resumed = threading.Event()
resume = resumed.set


def give_messages_back():
    now = time.time()
    for _scope, queue in sqs._queues.all_items():
        for message in queue['messages']:
            # One that nobody has received yet waits for its own time. A receive that was cut short leads to no dead letter.
            if message['receive_count'] > 0 and message['visible_at'] > now:
                message.update(visible_at=now, receipt_handle=None, receive_count=message['receive_count'] - 1)


def end_leases():
    now = str(int(time.time() * 1000))
    for _scope, table in dynamodb._tables.all_items():
        for rows in table['items'].values():
            for sort_key, row in rows.items():
                if 'leaseExpiresAt' in row:
                    rows[sort_key] = {**row, 'leaseExpiresAt': {'N': now}}


def apply():
    load_queues, load_tables, poll_queues = sqs.load_persisted_state, dynamodb.load_persisted_state, lambda_svc._poll_sqs

    def load_queues_and_give_back(data):
        load_queues(data)
        give_messages_back()

    def load_tables_and_end_leases(data):
        load_tables(data)
        end_leases()

    sqs.load_persisted_state = load_queues_and_give_back
    dynamodb.load_persisted_state = load_tables_and_end_leases
    lambda_svc._poll_sqs = lambda: resumed.is_set() and poll_queues()

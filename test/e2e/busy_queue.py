"""Prints what becomes of messages that are sent to a queue of the mended local cloud while others are received and deleted."""

import asyncio
import json
import sys
import threading
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parents[2] / 'local'))
import ministack_queues
from ministack.services import sqs

ministack_queues.apply()
MESSAGES, BATCH = 3_000, 10
# Threads take turns in the middle of everything.
sys.setswitchinterval(1e-6)


def do(action, **request):
    return asyncio.run(sqs._dispatch(action, request, ''))


def send(url, count):
    for number in range(count):
        do('SendMessage', QueueUrl=url, MessageBody=str(number), MessageGroupId=f'tenant-{number % 7}')


def as_event_source(url, received, is_sending):
    while True:
        sending = is_sending()
        messages = sqs._receive_messages_for_esm(url, BATCH)
        received.extend(message['body'] for message in messages)
        sqs._delete_messages_for_esm(url, {message['receipt_handle'] for message in messages})
        if not messages and not sending:
            return


def as_client(url, received, is_sending):
    while True:
        sending = is_sending()
        messages = do('ReceiveMessage', QueueUrl=url, MaxNumberOfMessages=BATCH).get('Messages', [])
        received.extend(message['Body'] for message in messages)
        if messages:
            entries = [{'Id': str(place), 'ReceiptHandle': one['ReceiptHandle']} for place, one in enumerate(messages)]
            assert len(do('DeleteMessageBatch', QueueUrl=url, Entries=entries)['Successful']) == len(messages)
        if not messages and not sending:
            return


busy, received = do('CreateQueue', QueueName='busy')['QueueUrl'], []
sender = threading.Thread(target=send, args=(busy, MESSAGES))
reads = (as_event_source, as_client) * 2
readers = [threading.Thread(target=read, args=(busy, received, sender.is_alive)) for read in reads]
for thread in (sender, *readers):
    thread.start()
for thread in (sender, *readers):
    thread.join()


print(json.dumps({'received': len(received), 'different': len(set(received)), 'left': len(sqs._queues.get(busy)['messages'])}))

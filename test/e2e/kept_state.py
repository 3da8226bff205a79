"""Prints what the mended local cloud has kept: of a table whose rows expire, of events, and of the logs of calls."""

import asyncio
import json
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parents[2] / 'local'))
import ministack_retention
import ministack_tables
from ministack.services import cloudwatch_logs, dynamodb, eventbridge, lambda_svc

ministack_retention.apply()
ministack_tables.apply()
PAST, FUTURE = int(time.time()) - 5, int(time.time()) + 3600
TABLE = {
    'TableName': 'expiring',
    'KeySchema': [{'AttributeName': 'pk', 'KeyType': 'HASH'}],
    'AttributeDefinitions': [{'AttributeName': name, 'AttributeType': 'S'} for name in ('pk', 'group')],
    'GlobalSecondaryIndexes': [
        {
            'IndexName': 'byGroup',
            'KeySchema': [{'AttributeName': 'group', 'KeyType': 'HASH'}],
            'Projection': {'ProjectionType': 'KEYS_ONLY'},
        }
    ],
    'BillingMode': 'PAY_PER_REQUEST',
}
GROUP = {
    'TableName': 'expiring',
    'IndexName': 'byGroup',
    'KeyConditionExpression': '#group = :group',
    'ExpressionAttributeNames': {'#group': 'group'},
    'ExpressionAttributeValues': {':group': {'S': 'all'}},
}


def put(key, **attributes):
    dynamodb._put_item({'TableName': 'expiring', 'Item': {'pk': {'S': key}, 'group': {'S': 'all'}, **attributes}})


def keys():
    _status, _headers, body = dynamodb._query(GROUP)
    return sorted(item['pk']['S'] for item in json.loads(body)['Items'])


def left():
    asyncio.run(ministack_tables.delete_expired())
    return keys()


dynamodb._create_table(TABLE)
put('later', expiresAt={'N': str(FUTURE)})
put('never')
put('other type', expiresAt={'S': str(PAST)})
put('past', expiresAt={'N': str(PAST)})
before_ttl = left()
dynamodb._update_ttl({'TableName': 'expiring', 'TimeToLiveSpecification': {'Enabled': True, 'AttributeName': 'expiresAt'}})
once = left()
put('past again', expiresAt={'N': str(PAST)})
put('later', expiresAt={'N': str(PAST)})
again = left()

entry = {'Source': 'test', 'DetailType': 'test', 'Detail': '{}'}
for _ in range(ministack_retention.EVENTS + 10):
    eventbridge._put_events({'Entries': [entry]})
for call in range(ministack_retention.CALLS_WITH_LOGS + 10):
    lambda_svc._emit_lambda_logs({'config': {'FunctionName': 'called'}}, str(call), 'a line', False, 1)
streams = list(cloudwatch_logs._log_groups['/aws/lambda/called']['streams'].values())

print(
    json.dumps(
        {
            'expired': [before_ttl, once, again],
            'events': len(eventbridge._events_log_list()),
            'calls': len(streams),
            'lastCall': streams[-1]['events'][0]['message'].split(' ')[2],
        }
    )
)

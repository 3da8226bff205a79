"""
How MiniStack keeps tables makes each call dearer, the more there is in them: a query sorts all of its partition for a page, each
minute a look goes over every row for those past their time, and a row of 1 KB takes eight as objects of Python. `apply()` keeps
rows packed, partitions of indexes sorted, and the time at which the first row of a table expires.
"""

import asyncio
import logging
import marshal
import math
import re
import threading
import time
from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from types import SimpleNamespace

import ministack.app as server
from ministack.services import dynamodb

# A condition on a key, as a query of an index has them.
KEY_CONDITION = re.compile(r'\s*(#?\w+)\s*(=|<=|<|>=|>)\s*(:\w+)\s*')
EXPIRY_SECONDS = 60

log = logging.getLogger('tables')
# What is asked for while a query is answered: one at a time, on the event loop.
asked = None
# By the ARN of a table, the attribute of its TTL and a time before which no row of it expires.
first_expiry = {}


class PackedRows(dict):
    """The rows of one partition key by their sort keys, which come unpacked from it, each time as another copy."""

    __slots__ = ()

    def __getitem__(self, sort_key):
        return unpacked(super().__getitem__(sort_key))

    def __setitem__(self, sort_key, row):
        super().__setitem__(sort_key, packed(row))

    def get(self, sort_key, default=None):
        row = super().get(sort_key)
        return default if row is None else unpacked(row)

    def pop(self, sort_key, *default):
        return unpacked(super().pop(sort_key, *default))

    def values(self):
        return [unpacked(row) for row in super().values()]

    def items(self):
        return [(sort_key, unpacked(row)) for sort_key, row in super().items()]

    def __deepcopy__(self, _memo):
        copy = PackedRows()
        copy.update(self)  # as they are
        return copy


def packed(row):
    """What JSON has, in bytes; all else as it is."""
    try:
        return marshal.dumps(row)
    except ValueError:
        return row


def unpacked(row):
    return marshal.loads(row) if isinstance(row, bytes) else row


class SortedIndex:
    """Where the rows of a table are in an index: by partition, the order and the keys of each, sorted."""

    def __init__(self, table, definition):
        self.hashes, self.ranges = dynamodb._index_key_lists(definition)
        self.order = dynamodb._index_order_keys(table, self.ranges)
        self.partitions = defaultdict(list)

    def move(self, keys, before, after):
        """Takes a row from the place that it had, and puts it where it belongs now."""
        if before and after and all(before.get(name) == after.get(name) for name in self.hashes + self.ranges):
            return
        if (partition := self.partition_of(before)) is not None:
            places = self.partitions[partition]
            del places[bisect_left(places, self.place_of(before, keys))]
            if not places:
                del self.partitions[partition]
        if (partition := self.partition_of(after)) is not None:
            insort(self.partitions[partition], self.place_of(after, keys))

    def partition_of(self, row):
        return None if row is None else dynamodb._index_partition(row, self.hashes, self.ranges)

    def place_of(self, row, keys):
        return (*(dynamodb._index_order_value(row, name, kind) for name, kind in self.order), *keys)

    def get(self, partition, default=()):
        """The keys of the rows that the query that is asked reads there; MiniStack takes them for all that there are."""
        places = self.partitions.get(partition)
        return [place[-2:] for place in self.page_of(places)] if places else default

    def page_of(self, places):
        bounds = self.bounds_of(places)
        if bounds is None:
            return places
        first, end = bounds
        is_forward = asked.get('ScanIndexForward', True)
        if start := asked.get('ExclusiveStartKey'):
            cursor = self.place_of(start, ())
            if is_forward:
                first = max(first, bisect_right(places, cursor, key=lambda place: place[: len(cursor)]))
            else:
                end = min(end, bisect_left(places, cursor))
        count = int(asked.get('Limit') or len(places))
        return places[first : min(end, first + count)] if is_forward else places[max(first, end - count) : end]

    def bounds_of(self, places):
        """Between which places the query's conditions hold; None where one is of a kind that is not known here."""
        text = asked and asked.get('KeyConditionExpression')
        conditions = [KEY_CONDITION.fullmatch(part) for part in re.split(r'\sAND\s', text or '', flags=re.IGNORECASE)]
        if not all(conditions) or not self.ranges:
            return None
        names, values = asked.get('ExpressionAttributeNames') or {}, asked['ExpressionAttributeValues']
        bounds = (0, len(places))
        # All but the last condition on the attributes of a sort key are equalities, and come first in its order.
        by_name = {names.get(name, name): rest for name, *rest in (condition.groups() for condition in conditions)}
        for depth, name in enumerate(self.ranges):
            if name in by_name:
                operator, value = by_name[name]
                bounds = self.bounds_by(places, bounds, depth, operator, values[value])
        return bounds

    def bounds_by(self, places, bounds, depth, operator, value):
        _name, kind = self.order[depth]
        wanted = dynamodb._sort_key_value(value, kind)
        before, after = (
            bisect(places, wanted, *bounds, key=lambda place: place[depth]) for bisect in (bisect_left, bisect_right)
        )
        first = {'=': before, '>': after, '>=': before}.get(operator, bounds[0])
        end = {'=': after, '<': before, '<=': after}.get(operator, bounds[1])
        return first, end


def telling_indexes(answer):
    """Tells the indexes what a query asks for, so that they give MiniStack no more than a page."""

    def query(request):
        global asked
        asked = request
        try:
            return answer(request)
        finally:
            asked = None

    return query


def index_members(table):
    """The sorted indexes of a table, made of its rows when they are first asked for."""
    indexes = table.get(dynamodb._INDEX_MEMBERS)
    if indexes is None:
        definitions = table.get('GlobalSecondaryIndexes', []) + table.get('LocalSecondaryIndexes', [])
        indexes = {definition['IndexName']: SortedIndex(table, definition) for definition in definitions}
        for partition_key, rows in table['items'].items():
            for sort_key, row in rows.items():
                for index in indexes.values():
                    index.move((partition_key, sort_key), None, row)
        table[dynamodb._INDEX_MEMBERS] = indexes
    return indexes


def move_in_indexes(table, keys, before, after):
    for index in (table.get(dynamodb._INDEX_MEMBERS) or {}).values():
        index.move(keys, before, after)


def index_item(table, partition_key, sort_key, row, add):
    move_in_indexes(table, (partition_key, sort_key), None if add else row, row if add else None)


def set_item(table, partition_key, sort_key, row):
    rows = table['items'].get(partition_key)
    if rows is None:
        rows = table['items'][partition_key] = PackedRows()
    before = rows.get(sort_key)
    if before is None:
        table['ItemCount'] = table.get('ItemCount', 0) + 1
        table['TableSizeBytes'] = table['ItemCount'] * 200  # as MiniStack reckons
    rows[sort_key] = row
    move_in_indexes(table, (partition_key, sort_key), before, row)
    if known := first_expiry.get(table['TableArn']):
        attribute, first = known
        first_expiry[table['TableArn']] = attribute, min(first, expiry_of(row, attribute))
    return before


def expiry_of(row, attribute):
    """When TTL deletes a row; never, where it does not say so by a number."""
    number = row.get(attribute, {}).get('N')
    return math.inf if number is None else float(number)


async def delete_expired():
    """What MiniStack does by going over every row: here over those of a table of which one may have expired."""
    now = time.time()
    for (account, region, name), setting in dynamodb._ttl_settings.all_items():
        table, attribute = dynamodb._tables.get_scoped(account, region, name), setting.get('AttributeName')
        if setting.get('TimeToLiveStatus') != 'ENABLED' or table is None:
            continue
        known, first = first_expiry.get(table['TableArn'], (None, 0))
        if known != attribute or first <= now:
            first_expiry[table['TableArn']] = attribute, delete_expired_rows(table, attribute, now)


def delete_expired_rows(table, attribute, now):
    """Returns when the first of those that are left expires."""
    first = math.inf
    for partition_key, rows in list(table['items'].items()):
        for sort_key, row in rows.items():
            expiry = expiry_of(row, attribute)
            if expiry <= now:
                dynamodb._remove_item(table, partition_key, sort_key)
            else:
                first = min(first, expiry)
    return first


def sleep(seconds):
    """From its first sleep but one on, MiniStack's own thread for TTL does what is done here."""
    if threading.current_thread().name != 'dynamodb-ttl-reaper':
        return time.sleep(seconds)
    while True:
        time.sleep(EXPIRY_SECONDS)
        try:
            asyncio.run_coroutine_threadsafe(delete_expired(), server._MAIN_LOOP).result()
        except Exception:
            log.exception('expired rows not deleted')


def pack_all():
    for table in dynamodb._tables.all_values():
        for partition_key, rows in table['items'].items():
            table['items'][partition_key] = kept = PackedRows()
            for sort_key, row in rows.items():
                kept[sort_key] = row


def apply():
    load_persisted_state = dynamodb.load_persisted_state

    def load_and_pack(data):
        load_persisted_state(data)
        pack_all()

    dynamodb.load_persisted_state = load_and_pack
    dynamodb._query = telling_indexes(dynamodb._query)
    dynamodb._index_members = index_members
    dynamodb._index_item = index_item
    dynamodb._set_item = set_item
    dynamodb.time = SimpleNamespace(**{**vars(time), 'sleep': sleep})

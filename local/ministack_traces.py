"""
X-Ray, which MiniStack does not have: takes the segments that functions send and refuses what AWS would refuse, and gives them back as
`BatchGetTraces` does (`aws xray batch-get-traces`). `apply()` adds it.
"""

import json
import re
import time
from collections import OrderedDict

import ministack.app as server
from ministack.core import iam_actions, router
from ministack.core.responses import error_response_json, json_response
from ministack.services import lambda_svc

# "AWS X-Ray endpoints and quotas", and the page of PutTraceSegments.
MOST_DOCUMENTS = 50
MOST_BYTES = 64 * 1024
OLDEST_SECONDS = 30 * 86_400
NEWEST_SECONDS = 5 * 60
MOST_TRACES_OF_CALL = 5
TRACE_ID = re.compile(r'1-([0-9a-f]{8})-[0-9a-f]{24}')
SEGMENT_ID = re.compile(r'[0-9a-f]{16}')
NAME = re.compile(r'[\w\s.:/%&#=+\\\-@]{1,200}')
# "Segment annotations": of a document, and the characters of a value.
MOST_ANNOTATIONS = 50
# So many traces are kept, the last that began.
KEPT_TRACES = 2_000
OPERATIONS = {'/TraceSegments': 'PutTraceSegments', '/Traces': 'BatchGetTraces'}

traces = OrderedDict()
begun = 0


def flaw_of(text):
    """Why a document is refused; None where it is not."""
    if len(text.encode()) > MOST_BYTES:
        return 'MaxSizeExceeded', 'Segment document is too large.'
    try:
        document = json.loads(text)
    except ValueError:
        return 'ParseError', 'Document is no JSON.'
    trace = TRACE_ID.fullmatch(document.get('trace_id', ''))
    if not trace or not -NEWEST_SECONDS < time.time() - int(trace[1], 16) < OLDEST_SECONDS:
        return 'InvalidTraceId', 'Invalid trace ID.'
    if not SEGMENT_ID.fullmatch(document.get('id', '')):
        return 'InvalidId', 'Invalid segment ID.'
    if not NAME.fullmatch(document.get('name', '')):
        return 'InvalidName', 'Invalid segment name.'
    if 'parent_id' in document and not SEGMENT_ID.fullmatch(document['parent_id']):
        return 'InvalidParentId', 'Invalid parent ID.'
    if document.get('type') == 'subsegment' and 'parent_id' not in document:
        return 'MissingParentId', 'A subsegment has a parent.'
    if not isinstance(document.get('start_time'), (int, float)):
        return 'MissingStartTime', 'Missing start time.'
    if not isinstance(document.get('end_time'), (int, float)) and document.get('in_progress') is not True:
        return 'MissingEndTime', 'Missing end time.'
    if len(document.get('annotations', {})) > MOST_ANNOTATIONS:
        return 'TooManyAnnotations', 'Too many annotations.'
    return None


def put(documents):
    global begun
    if len(documents) > MOST_DOCUMENTS:
        return error_response_json('InvalidRequestException', f'At most {MOST_DOCUMENTS} documents.', 400)
    refused = []
    for text in documents:
        if flaw := flaw_of(text):
            refused.append({'ErrorCode': flaw[0], 'Message': flaw[1]})
            continue
        document = json.loads(text)
        begun += document['trace_id'] not in traces
        # A segment that comes again takes the place of the first.
        traces.setdefault(document['trace_id'], {})[document['id']] = text
        while len(traces) > KEPT_TRACES:
            traces.popitem(last=False)
    return json_response({'UnprocessedTraceSegments': refused}, content_type='application/json')


def get(ids):
    if len(ids) > MOST_TRACES_OF_CALL:
        return error_response_json('InvalidRequestException', f'At most {MOST_TRACES_OF_CALL} traces.', 400)
    found = [
        {'Id': trace, 'Segments': [{'Id': segment, 'Document': text} for segment, text in traces[trace].items()]}
        for trace in ids
        if trace in traces
    ]
    unknown = [trace for trace in ids if trace not in traces]
    return json_response({'Traces': found, 'UnprocessedTraceIds': unknown}, content_type='application/json')


async def handle(_method, path, _headers, body, _query):
    asked = json.loads(body or b'{}')
    if path == '/TraceSegments':
        return put(asked.get('TraceSegmentDocuments', []))
    if path == '/Traces':
        return get(asked.get('TraceIds', []))
    return error_response_json('InvalidRequestException', f'{path} is not of this local X-Ray.', 400)


def iam_action(service, method, path, *rest):
    if service == 'xray':
        return f'xray:{OPERATIONS.get(path, "Unknown")}'
    return extract_iam_action(service, method, path, *rest)


def invocation_header(config, inbound=None):
    """
    Lambda names a trace for each invocation, and says no more of it to a function without active tracing ("Streamlining trace sampling
    behavior for AWS Lambda functions with AWS X-Ray"). MiniStack says nothing to it.
    """
    header = trace_header({**config, 'TracingConfig': {'Mode': 'Active'}}, inbound)
    is_active = (config.get('TracingConfig') or {}).get('Mode') == 'Active'
    return header if is_active else header.split(';')[0]


def apply():
    global extract_iam_action, trace_header
    server.SERVICE_HANDLERS['xray'] = handle
    router.SERVICE_PATTERNS['xray'] = {}
    iam_actions.SERVICE_TO_IAM_NAMESPACE['xray'] = 'xray'
    extract_iam_action, iam_actions.extract_iam_action = iam_actions.extract_iam_action, iam_action
    trace_header, lambda_svc._xray_trace_id_for_invocation = lambda_svc._xray_trace_id_for_invocation, invocation_header

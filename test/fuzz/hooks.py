"""What Schemathesis has to know beyond the OpenAPI document to send what is valid."""

from datetime import datetime, timedelta, timezone
from uuid import uuid4

import schemathesis

MOST_KEY_SECONDS = 86_400


@schemathesis.hook
def map_body(context, body):
    """A `runAt` lies within a year: no JSON Schema says so."""
    if context.operation.method != "post" or not isinstance(body, dict):
        return body
    if _is_time(body.get("runAt")):
        body["runAt"] = (datetime.now(timezone.utc) + timedelta(days=1)).isoformat()
    if _is_too_long(body.get("idempotencyKeyTtlSeconds")):
        body["idempotencyKeyTtlSeconds"] = MOST_KEY_SECONDS
    return body


@schemathesis.hook
def before_call(context, case, kwargs):
    """A time for a key goes with a key, and a deployment takes none that is longer than it keeps tasks."""
    if isinstance(case.body, dict) and "idempotencyKeyTtlSeconds" in case.body:
        if _is_too_long(case.body["idempotencyKeyTtlSeconds"]):
            case.body["idempotencyKeyTtlSeconds"] = MOST_KEY_SECONDS
        case.headers.setdefault("Idempotency-Key", f"fuzz-{uuid4()}")


def _is_too_long(seconds):
    return isinstance(seconds, (int, float)) and seconds > MOST_KEY_SECONDS


def _is_time(value):
    try:
        return isinstance(value, str) and datetime.fromisoformat(value) is not None
    except ValueError:
        return False

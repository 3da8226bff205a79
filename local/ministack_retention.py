"""What MiniStack keeps for good, and nobody reads: `apply()` has it keep the latest, by number. On AWS time ends them."""

from collections import deque

from ministack.services import cloudwatch_logs, eventbridge, lambda_svc

# Of each function, and of all buses.
CALLS_WITH_LOGS = 2_000
EVENTS = 1_000

events = deque(maxlen=EVENTS)


def forget_oldest_logs(func):
    """Each call is a stream of its own in MiniStack: of the oldest, nobody reads the lines."""
    config = func.get('config') or func
    group = (config.get('LoggingConfig') or {}).get('LogGroup') or f"/aws/lambda/{config.get('FunctionName')}"
    streams = cloudwatch_logs._log_groups.get(group, {}).get('streams', {})
    if len(streams) > CALLS_WITH_LOGS:
        for stream in list(streams)[: CALLS_WITH_LOGS // 10]:
            streams.pop(stream, None)


def apply():
    emit_lambda_logs = lambda_svc._emit_lambda_logs

    def emit_and_forget(func, *call, **told):
        emit_lambda_logs(func, *call, **told)
        forget_oldest_logs(func)

    lambda_svc._emit_lambda_logs = emit_and_forget
    eventbridge._events_log_list = lambda: events

"""
Tells the parent what functions log, line by line, on a pipe of its own: MiniStack's CloudWatch has the lines of a call when that has
ended, which may take minutes.
"""

import json
import os
import threading

from ministack.core import lambda_runtime
from ministack_workers import END_OF_LOG

PIPE = 3
one_at_a_time = threading.Lock()


def tell(function, line):
    record = json.dumps({'function': function, 'line': line}).encode() + b'\n'
    with one_at_a_time:
        while record:
            record = record[os.write(PIPE, record) :]


def read_log(worker):
    """Takes the place of `Worker._read_stderr`."""
    lines = worker._stderr_queue
    try:
        for line in worker._proc.stderr:
            lines.put(line := line.rstrip('\n'))
            if logged := line.removesuffix(END_OF_LOG):
                tell(worker.func_name, logged)
    except (OSError, ValueError):
        pass  # the worker is gone, or the parent, and with it the server


def apply():
    lambda_runtime.Worker._read_stderr = read_log

"""Prints what becomes of calls of a function of the mended local cloud all of whose processes are at work for long."""

import json
import sys
import threading
from collections import Counter
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parents[2] / 'local'))
import ministack_workers
from ministack.core import lambda_runtime

CALLS = 40
CONFIG = {'FunctionArn': 'arn:aws:lambda:us-east-1:000000000000:function:busy', 'FunctionName': 'busy', 'Runtime': 'nodejs24.x', 'Timeout': 10, 'CodeSha256': 'x'}
ministack_workers.ENOUGH_WORKERS, ministack_workers.WAIT_SECONDS, ministack_workers.GIVE_UP_SECONDS = 2, 0.2, 0.9
ministack_workers.apply()
call = lambda: lambda_runtime.acquire_worker('busy', CONFIG, b'')
busy = [call()[0] for _ in range(2)]

results = []
threads = [threading.Thread(target=lambda: results.append(call())) for _ in range(CALLS)]
for thread in threads:
    thread.start()
# Two of those that wait are served by processes that become free.
for worker in busy:
    lambda_runtime.release_worker(worker)
for thread in threads:
    thread.join()
print(json.dumps(Counter(reason for _, reason in results)))

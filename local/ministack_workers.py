"""
How MiniStack calls a function costs it more than the call: a thread and a search for log lines each time, and a process for
each of a hundred clients that two cores serve no sooner for it. `apply()` has it do the same with less.
"""

import contextvars
import json
import os
import queue
import select
import threading
import time
from collections import defaultdict, deque
from types import SimpleNamespace

from ministack.core import concurrency, lambda_runtime
from ministack.core.responses import get_account_id, get_region
from ministack.services import lambda_svc

# So many processes of a function are at work before a call waits for one of them instead of starting another: where the
# function may last no longer than an API waits. What executors do may take minutes, and event sources limit how many there are.
ENOUGH_WORKERS = 4 * (os.cpu_count() or 1)
SHORT_SECONDS = 30
# A function with this variable waits for most of its time, and takes no processor meanwhile: it says itself how often.
WAITS = 'MILLRACE_WAITERS'
# Longer than it takes to start one. A call that waits longer than this may wait for itself, so another process is started: one at
# a time for a function, or a machine that is at its end would do nothing but start more.
WAIT_SECONDS = 3
# An HTTP API waits no longer for a function. Nobody waits for a call that is later.
GIVE_UP_SECONDS = 30
# What a pipe of Linux and macOS holds: a worker that has answered has emptied it, so that to write less never blocks.
PIPE_BYTES = 16_384
# A worker ends its log with this line when it answers.
END_OF_LOG = '\0end'
LOG_SECONDS = 0.25

invoke_by_thread = lambda_runtime.Worker.invoke
update_alias = lambda_svc._update_alias
drain_log = lambda_runtime.Worker._drain_stderr_bounded
acquire = lambda_runtime.acquire_worker
# By function, the calls that wait for a worker, the first of them first. Guarded by the lock of the workers.
waiting = defaultdict(deque)
# By function, when a process was started last for a call that had waited too long. Guarded likewise.
started_beyond = defaultdict(float)


def node_worker(script):
    """Ends the log of each call with a line, for which MiniStack looks each millisecond until none has come for 5 or 50 ms."""
    write = 'const _realStdoutWrite = process.stdout.write.bind(process.stdout);'
    if script.count(write) != 1:
        raise RuntimeError('This MiniStack writes the answers of Node workers in another way: see local/ministack_workers.py.')
    end = f'if (lineNum > 1) _stderrWrite({json.dumps(END_OF_LOG)} + "\\n");'
    answer = f'const _realStdoutWrite = (line) => {{ {end} return _answer(line); }};'
    return script.replace(write, f'const _answer = process.stdout.write.bind(process.stdout);\n{answer}')


def is_node(worker):
    return worker.config.get('Runtime', '').startswith('nodejs')


def log_of_call(worker):
    """The lines that a worker has logged since its last call, up to the end of this one."""
    if not is_node(worker):
        return drain_log(worker)
    lines = []
    try:
        while not (line := worker._stderr_queue.get(timeout=LOG_SECONDS)).endswith(END_OF_LOG):
            lines.append(line)
        lines.append(line.removesuffix(END_OF_LOG))
    except queue.Empty:
        pass  # it has ended without an answer
    return '\n'.join(lines).removesuffix('\n')


def invoke(worker, event, request_id, *, trace_id=None, depth=None, durable=None, invoked_function_arn=None):
    """Waits for the answer of a warm worker in the thread that calls it."""
    config, process = worker.config, worker._proc
    context = {
        'request_id': request_id,
        'invoked_function_arn': config.get('FunctionArn', '') if invoked_function_arn is None else invoked_function_arn,
        'timeout_ms': int(float(config.get('Timeout', 30)) * 1000),
        'trace_id': trace_id,
        'depth': depth,
        'durable': durable or {},
    }
    line = json.dumps({'event': event, 'ctx': context}).encode() + b'\n'
    if process is None or process.poll() is not None or not is_node(worker) or len(line) > PIPE_BYTES:
        given = {'trace_id': trace_id, 'depth': depth, 'durable': durable, 'invoked_function_arn': invoked_function_arn}
        return invoke_by_thread(worker, event, request_id, **given)
    with worker._lock:
        try:
            answer = answer_of(process, line, config.get('Timeout', 30))
            log = log_of_call(worker)
        except OSError as error:
            answer, log = {'status': 'error', 'error': str(error)}, worker._drain_stderr()
        if answer['status'] == 'error':
            worker._proc = None
            lambda_runtime._signal(process)
            lambda_runtime._collect(process, time.monotonic() + lambda_runtime._REAP_GRACE)
        return {**answer, 'cold_start': False, 'log': log}


def answer_of(process, line, timeout):
    """What a worker answers to an event. Throws where it does not, as MiniStack words that."""
    deadline = time.monotonic() + timeout
    reader, received = process.stdout.fileno(), b''
    poll = select.poll()
    poll.register(reader, select.POLLIN)
    os.write(process.stdin.fileno(), line)
    while poll.poll(max(0, deadline - time.monotonic()) * 1000):
        part = os.read(reader, 1 << 20)
        received += part
        if not part:
            raise OSError('Worker process died')
        if part.endswith(b'\n') and (answer := last_answer(received)):
            return answer
    raise OSError(f'Task timed out after {timeout}.00 seconds')


def last_answer(lines):
    """The answer among lines of a worker; a child of it may have written others."""
    for line in reversed(lines.splitlines()):
        try:
            answer = json.loads(line)
        except ValueError:
            continue
        if isinstance(answer, dict) and answer.get('status') in ('ok', 'error'):
            return answer
    return None


def acquire_worker(func_name, config, code_zip, qualifier='$LATEST', max_concurrency=None):
    """Waits a little for a worker to be free where there are enough of them."""
    key = lambda_runtime._worker_key(func_name, config, qualifier)
    place = queue.SimpleQueue()
    with lambda_runtime._lock:
        workers = lambda_runtime._workers.get(key, ())
        variables = config.get('Environment', {}).get('Variables', {})
        is_short = config.get('Timeout', 3) <= SHORT_SECONDS and WAITS not in variables
        must_wait = is_short and len(workers) >= ENOUGH_WORKERS and all(worker.in_use for worker in workers)
        if must_wait:
            waiting[key].append(place)
    given = worker_given(key, place) if must_wait else None
    worker, reason = given or acquire(func_name, config, code_zip, qualifier=qualifier, max_concurrency=max_concurrency)
    if worker is not None:
        worker.key, worker.caller = key, threading.get_ident()
    return worker, reason


def worker_given(key, place):
    """The worker that is given to a call in its turn, or the refusal of one that nobody waits for; None where another has to start."""
    called = time.monotonic()
    while True:
        try:
            return place.get(timeout=WAIT_SECONDS), 'reused'
        except queue.Empty:
            with lambda_runtime._lock:
                now = time.monotonic()
                if place not in waiting[key]:
                    continue  # it came in this moment
                if now - called >= GIVE_UP_SECONDS:
                    waiting[key].remove(place)
                    return None, 'func_cap'
                if now - started_beyond[key] >= WAIT_SECONDS:
                    started_beyond[key] = now
                    waiting[key].remove(place)
                    return None


def release_worker(worker):
    """Gives a worker to the call that has waited the longest: one that comes just now would take it otherwise."""
    if worker is None:
        return
    with lambda_runtime._lock:
        calls = waiting[worker.key]
        is_retired = worker not in lambda_runtime._workers.get(worker.key, ())
        if calls and not is_retired:
            worker.last_used = time.time()
            calls.popleft().put(worker)
        else:
            worker.in_use = False
    if is_retired:
        end_workers([worker])


def end_workers(workers):
    """Apart from whoever is served meanwhile: a process may take two seconds to end."""
    threading.Thread(target=lambda_runtime.kill_workers, args=(workers,), daemon=True).start()


def retire_workers(is_doomed):
    """Of the pools that are meant, ends the workers that do nothing; one that is at work ends with its call, as in Lambda."""
    with lambda_runtime._lock:
        pools = [lambda_runtime._workers.pop(key) for key in list(lambda_runtime._workers) if is_doomed(key)]
        # A call whose worker has failed gives that up, and does not release it.
        own = threading.get_ident()
        ended = [worker for pool in pools for worker in pool if not worker.in_use or getattr(worker, 'caller', None) == own]
    end_workers(ended)


def invalidate_worker(func_name, qualifier=None, account=None, region=None):
    """MiniStack ends those that are at work, too, in the middle of it."""
    meant = (account, region, func_name, qualifier)
    retire_workers(lambda key: all(part in (None, own) for part, own in zip(meant, key.split(':'))))


def leave_version(func_name, alias_name, data):
    """What an alias no longer names is called no more. MiniStack keeps a process of each version for good."""
    left = named_version(func_name, alias_name)
    answer = update_alias(func_name, alias_name, data)
    if left not in (None, named_version(func_name, alias_name)):
        invalidate_worker(func_name, left, get_account_id(), get_region())
    return answer


def named_version(func_name, alias_name):
    aliases = (lambda_svc._functions.get(func_name) or {}).get('aliases', {})
    return aliases.get(alias_name, {}).get('FunctionVersion')


class KeptThread:
    """What MiniStack uses of a thread, by one that has done its work: to start another holds up all that the server does."""

    idle = []

    def __init__(self, target, daemon, name):
        self.target, self.over = target, threading.Event()

    def start(self):
        try:
            self.idle.pop().put(self)
        except IndexError:
            threading.Thread(target=self.work, daemon=True).start()

    def work(self):
        """Does this, and then what this thread is given to do."""
        given, task = queue.SimpleQueue(), self
        while True:
            contextvars.Context().run(task.target)
            task.over.set()
            self.idle.append(given)
            task = given.get()

    def join(self, timeout=None):
        self.over.wait(timeout)

    def is_alive(self):
        return not self.over.is_set()


def apply():
    concurrency.threading = SimpleNamespace(**{**vars(threading), 'Thread': KeptThread})
    lambda_runtime._NODEJS_WORKER_SCRIPT = node_worker(lambda_runtime._NODEJS_WORKER_SCRIPT)
    lambda_runtime.Worker.invoke = invoke
    lambda_runtime.Worker._drain_stderr_bounded = log_of_call
    lambda_svc._update_alias = leave_version
    for module in (lambda_runtime, lambda_svc):
        module.acquire_worker, module.release_worker = acquire_worker, release_worker
        module.invalidate_worker = invalidate_worker

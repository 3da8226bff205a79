"""Runs MiniStack so that it never outlives its parent and never leaves half a state behind.

    python ministack-server.py <directory> [logs]

The parent holds our stdin. It writes the line "keep" once what the server holds is worth keeping: from then on functions
are held to their roles and bundles, and when stdin ends (the parent stops us, or died), the state is saved and the server ends with all
its workers. When it ends before, they end at once, and the directory stays as the last run left it. The file `saved` says that the state is complete, and
of which port it is. For a deploy of later, the parent writes the line "deploy", and "keep" again when that has ended. What stands behind
"keep" is the HTTP API to serve at the root. With `logs`, the parent reads from our file descriptor 3 what functions log.
"""

import gc
import logging
import os
import shutil
import signal
import sys
import threading
from importlib.metadata import version
from pathlib import Path

import ministack.app as server

sys.dont_write_bytecode = True
import ministack_denials
import ministack_guard
import ministack_http
import ministack_logs
import ministack_mends
import ministack_queues
import ministack_requests
import ministack_resume
import ministack_retention
import ministack_tables
import ministack_traces
import ministack_workers

# What the mends replace is as this version has it: for another, compare each with what it replaces.
MENDED = '1.5.33'
if (found := version('ministack')) != MENDED:
    raise SystemExit(f'local/ministack_*.py mend MiniStack {MENDED}, and {found} is installed.')

SAVED = Path(sys.argv[1]) / 'saved'
STATE = Path(os.environ['STATE_DIR'])
PORT = os.environ['GATEWAY_PORT']
SAVE_ATTEMPTS = 3
ADDRESSED = ('sqs.json', 'lambda.json', 'cloudformation.json', 'apigateway.json')


class Failures(logging.Handler):
    """MiniStack logs what it could not save, and goes on."""

    count = 0

    def emit(self, record):
        self.count += 1


failures = Failures(level=logging.ERROR)
save_all = server.save_all


def end_group():
    shutil.rmtree(os.environ['TMPDIR'], ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


def save_and_end(services):
    """Takes the place of MiniStack's own save: the last thing that a stopping server has to do."""
    SAVED.unlink(missing_ok=True)
    for _ in range(SAVE_ATTEMPTS):  # a worker that still writes can spoil one attempt
        failures.count = 0
        save_all(services)
        if failures.count == 0:
            SAVED.write_text(PORT)
            break
    end_group()


def move_to_port():
    """A queue's key in the state is its URL: on another port than before, no event source would find its queue."""
    if not SAVED.exists() or (last := SAVED.read_text()) == PORT:
        return
    for file in filter(Path.exists, map(STATE.joinpath, ADDRESSED)):
        file.write_text(file.read_text().replace(f'localhost:{last}', f'localhost:{PORT}'))
    SAVED.write_text(PORT)


def named(app):
    """An ASGI app that says whose process it is where it tells of itself: at the port, another server may have been faster."""

    async def answer(scope, receive, send):
        async def sent(message):
            if message['type'] == 'http.response.start' and scope['path'].startswith('/_ministack/'):
                name = (b'millrace-process', str(os.getpid()).encode())
                message = {**message, 'headers': [*message.get('headers', []), name]}
            await send(message)

        await app(scope, receive, sent)

    return answer


def collect_rarely():
    """A full collection stops every call for as long as the tables are large: 100 ms with 2,000 tasks. What MiniStack drops goes by
    its count of references; cycles are of requests, and go while they are young."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 1_000)


def follow_parent():
    is_kept = False
    for line in sys.stdin:
        command, *apis = line.split()
        if command == 'deploy':
            ministack_mends.begin_deploy()
        else:
            ministack_mends.end_deploy()
            ministack_mends.apis_at_root[:] = apis or ministack_mends.apis_at_root
            collect_rarely()
            ministack_resume.resume()
            is_kept = True
    if not is_kept:
        end_group()
    ministack_mends.await_stacks()
    # On the event loop, as MiniStack's own shutdown does it, but without waiting for idle connections to go away.
    server._MAIN_LOOP.call_soon_threadsafe(lambda: save_and_end(server._build_persistence_save_dict()))


logging.getLogger('persistence').addHandler(failures)
server.save_all = save_and_end
move_to_port()
ministack_queues.apply()
ministack_denials.apply()
ministack_mends.apply()
ministack_requests.apply()
ministack_workers.apply()
ministack_http.apply()
ministack_retention.apply()
ministack_tables.apply()
ministack_traces.apply()
ministack_resume.apply()
ministack_logs.apply(is_told=sys.argv[2:] == ['logs'])
server.app = ministack_guard.guarded(named(server.app), PORT, ministack_mends.page_origins)
sys.argv = sys.argv[:1]  # MiniStack reads it, too
threading.Thread(target=follow_parent, daemon=True).start()
server.main()

"""
Serves MiniStack by uvicorn, which parses HTTP in C and has an event loop in C. MiniStack's own server, hypercorn, does both in
Python, and begins and cancels a task for each pause between two requests: that took more of its CPU than what was asked.
"""

import asyncio
import socket

import hypercorn.asyncio
import uvicorn
import uvloop
from uvicorn.protocols.http import httptools_impl

KEEP_ALIVE_SECONDS = 75


class JoinedWrites:
    """A transport that keeps what is written, to be sent at once."""

    def __init__(self, transport):
        self.transport, self.parts = transport, []

    def write(self, data):
        self.parts.append(data)

    def flush(self):
        if self.parts:
            self.transport.write(b''.join(self.parts))
            self.parts = []

    def close(self):
        self.flush()
        self.transport.close()


class JoinedResponse(httptools_impl.RequestResponseCycle):
    """Sends the head of a response together with its body: each would be a call of the kernel, and wake up who asked."""

    async def send(self, message):
        if message['type'] == 'http.response.start':
            self.start = message
        elif self.response_started:
            await super().send(message)
        else:
            transport, self.transport = self.transport, JoinedWrites(self.transport)
            try:
                await super().send(self.start)
                await super().send(message)
            finally:
                self.transport.flush()
                self.transport = transport


async def serve(app, config):
    """Takes the place of `hypercorn.asyncio.serve`; of its configuration, MiniStack gives the address alone."""
    host, port = config.bind[0].rsplit(':', 1)
    settings = uvicorn.Config(
        app,
        http='httptools',
        ws='wsproto',
        lifespan='on',
        # MiniStack's own headers tell the date, and of no server, as AWS does.
        date_header=False,
        server_header=False,
        proxy_headers=False,
        access_log=False,
        log_config=None,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )
    # Before anything of the state is loaded: where the port is taken, there is nothing to save.
    with socket.create_server((host, int(port)), backlog=settings.backlog) as listener:
        await uvicorn.Server(settings).serve(sockets=[listener])


def apply():
    hypercorn.asyncio.serve = serve
    httptools_impl.RequestResponseCycle = JoinedResponse
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())

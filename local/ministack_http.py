"""
Serves MiniStack by uvicorn, which parses HTTP in C and has an event loop in C. MiniStack's own server, hypercorn, does both in
Python, and begins and cancels a task for each pause between two requests: that took more of its CPU than what was asked.
"""

import asyncio
import socket

import hypercorn.asyncio
import uvicorn
import uvloop

KEEP_ALIVE_SECONDS = 75


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
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())

"""
Keeps web pages out of the local cloud. Whoever reaches it may run code on this machine, and a browser lets any page send
requests to 127.0.0.1. No SDK, command or function sends what a browser adds to those, so only pages are refused.
"""

WANTED = (b'host', b'origin', b'sec-fetch-site')
FOREIGN_SITES = {b'cross-site', b'same-site'}


def guarded(app, port, page_origins):
    """An ASGI app that answers only programs, pages of its own, and where the API is asked, those of `page_origins()`."""
    hosts = {f'{name}:{port}'.encode() for name in ('127.0.0.1', 'localhost', '[::1]')}

    async def guard(scope, receive, send):
        if scope['type'] == 'lifespan':
            return await app(scope, receive, send)
        origins = page_origins() if scope['path'].startswith('/api/') else set()
        reason = refusal(scope['headers'], hosts, origins)
        if reason is None:
            return await app(scope, receive, send if origins else without_cors(send))
        if scope['type'] == 'websocket':  # a server answers 403 to one that is closed before it was accepted
            return await send({'type': 'websocket.close', 'code': 1008})
        body = f'The local cloud does not answer this: {reason}\n'.encode()
        headers = [(b'content-type', b'text/plain; charset=utf-8'), (b'content-length', str(len(body)).encode())]
        await send({'type': 'http.response.start', 'status': 403, 'headers': headers})
        await send({'type': 'http.response.body', 'body': b'' if scope['method'] == 'HEAD' else body})

    return guard


def refusal(headers, hosts, origins=frozenset()):
    """Why a request is refused; None where it is not, as one of a page of `origins`."""
    found = {name: [] for name in WANTED}
    for name, value in headers:
        if (values := found.get(name.lower())) is not None:
            values.append(value.lower())
    host, origin, site = found.values()
    if len(host) != 1 or host[0] not in hosts:  # a name of the page's owner may lead here (DNS rebinding)
        return f'it is at {" or ".join(sorted(each.decode() for each in hosts))}, and at no other name.'
    if len(origin) == 1 and origins.intersection({origin[0].decode(), '*'}):
        return None
    if origin not in ([], [b'http://' + host[0]]):
        return 'it comes from a page of another origin.'
    if FOREIGN_SITES.intersection(site):
        return 'a page of another site leads here. Enter the address in the address bar of the browser.'
    return None


def without_cors(send):
    """MiniStack allows every page to read what it answers."""

    async def sent(message):
        if message['type'] == 'http.response.start':
            headers = message.get('headers', [])
            kept = [(name, value) for name, value in headers if not name.lower().startswith(b'access-control-')]
            message = {**message, 'headers': kept}
        await send(message)

    return sent

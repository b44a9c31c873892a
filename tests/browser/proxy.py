"""A reverse proxy that strips a prefix, as nginx or Caddy would be told to."""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

_HOP = {"connection", "keep-alive", "transfer-encoding"}


@contextmanager
def proxied(url: str, prefix: str, port: int) -> Iterator[list[str]]:
    """Passes what comes below `prefix` on to `url`, with its Host; yields the paths that are not below it."""
    strays: list[str] = []
    client = httpx.AsyncClient(base_url=url, timeout=None)

    async def passed_on(request: Request) -> Response:
        path = request.scope["raw_path"].decode()
        if not path.startswith(f"{prefix}/"):
            strays.append(path)
            return Response(status_code=404)
        target = httpx.URL(url).copy_with(raw_path=f"{path.removeprefix(prefix)}?{request.url.query}".encode())
        headers = [(name, value) for name, value in request.headers.raw if name.decode() not in _HOP]
        sent = client.build_request(request.method, target, headers=headers, content=_body(request))
        got = await client.send(sent, stream=True)
        kept = {name: value for name, value in got.headers.items() if name not in _HOP}
        return StreamingResponse(got.aiter_raw(), got.status_code, kept, background=BackgroundTask(got.aclose))

    app = Starlette(routes=[Route("/{path:path}", passed_on, methods=["GET", "POST"])])
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield strays
    server.should_exit = True
    thread.join(timeout=10)


async def _body(request: Request) -> AsyncIterator[bytes]:
    async for chunk in request.stream():
        yield chunk

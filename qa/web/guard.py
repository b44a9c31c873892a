"""What is done to every response: the page fetches nothing from elsewhere, programs get JSON as it is."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

# The second bolt on the door: text is escaped, and were it not, the browser would still refuse what
# it asks for. Gradio's own page needs inline scripts, and its HTML component compiles a template.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; object-src 'none'; "
    "base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)
_HEADERS = {
    b"content-security-policy": _POLICY.encode(),
    b"referrer-policy": b"no-referrer",
    b"x-content-type-options": b"nosniff",
}
_PROTOCOL = (b'"protocol":"sse_v3"', b'"protocol":"sse_v2.1"')


class Guard:
    """Adds the headers to every response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *_HEADERS.items()]
            await send(message)

        await self._app(scope, receive, send_guarded)


class PlainPaths:
    """Keeps `gradio_client` from taking the "path" of a document for a file to download.

    Under "sse_v3" its `Client` (2.7) fetches whatever object has a "path", as servers
    before Gradio 4.20 meant it, and fails; under "sse_v2.1" it looks for the mark of a
    real file. The two differ in nothing else but who ends the stream. Only `/config`,
    which programs read, says so; the page brings its own configuration.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].rstrip("/") != "/config":
            await self._app(scope, receive, send)
            return
        begun: list[Message] = []
        body = bytearray()

        async def send_rewritten(message: Message) -> None:
            if message["type"] == "http.response.start":
                begun.append(message)
                return
            body.extend(message.get("body", b""))
            if not message.get("more_body", False):
                whole = bytes(body).replace(*_PROTOCOL)
                await send(_resized(begun[0], whole))
                await send({"type": "http.response.body", "body": whole})

        await self._app(scope, receive, send_rewritten)


def _resized(start: Message, body: bytes) -> Message:
    kept = [(name, value) for name, value in start["headers"] if name != b"content-length"]
    return {**start, "headers": [*kept, (b"content-length", str(len(body)).encode())]}

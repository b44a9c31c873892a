"""Two answers of Gradio's that are not true here, put right on their way out."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_MARK = "c0-3 2-5 5-5v3c-1.5 0-2 .8-2 2h2v7z"
_ICON = (
    "<link rel='icon' href=\"data:image/svg+xml,"
    "%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E"
    f"%3Crect width='32' height='32' rx='7' fill='%239c2f22'/%3E%3Cpath d='M9 21V14{_MARK}m9 0V14{_MARK}'"
    " fill='%23fff'/%3E%3C/svg%3E\">"
)
_CORRECTIONS = {
    # Under "sse_v3" `gradio_client` (2.7) takes the "path" of a document for a file to download, as servers
    # before Gradio 4.20 meant it, and fails; under "sse_v2.1" it looks for the mark of a real file. The two
    # differ in nothing else but who ends the stream. Only programs read this; the page brings its own.
    "/config": (b'"protocol":"sse_v3"', b'"protocol":"sse_v2.1"'),
    # There is no manifest, and behind a proxy this is not even below the page. Without an icon, a browser
    # asks for one at the same wrong place.
    "/": (b'<link rel="manifest" href="/manifest.json" />', _ICON.encode()),
}


class Corrected:
    """Replaces the one passage in the answers of two paths."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        correction = _CORRECTIONS.get(scope["path"].rstrip("/") or "/") if scope["type"] == "http" else None
        if correction is None:
            await self._app(scope, receive, send)
            return
        begun: list[Message] = []
        body = bytearray()

        async def send_corrected(message: Message) -> None:
            if message["type"] == "http.response.start":
                begun.append(message)
                return
            body.extend(message.get("body", b""))
            if not message.get("more_body", False):
                whole = bytes(body).replace(*correction)
                await send(_resized(begun[0], whole))
                await send({"type": "http.response.body", "body": whole})

        await self._app(scope, receive, send_corrected)


def _resized(start: Message, body: bytes) -> Message:
    kept = [(name, value) for name, value in start["headers"] if name != b"content-length"]
    return {**start, "headers": [*kept, (b"content-length", str(len(body)).encode())]}

"""What is done to every request: who may not ask is refused, the page fetches nothing from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Set

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.web.http.errors import refusal
from qa.web.http.hosts import TrustedHosts

# The second bolt on the door: text is escaped, and were it not, the browser would still refuse what
# it asks for. Gradio's own page needs inline scripts, and its HTML component compiles a template.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; object-src 'none'; "
    "base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)
_HEADERS = {
    b"content-security-policy": _POLICY.encode(),
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), geolocation=(), microphone=()",
    b"referrer-policy": b"no-referrer",
    b"x-content-type-options": b"nosniff",
}
UPLOAD = "/gradio_api/upload"
"""Where files are sent to."""

# What the page and programs need; Gradio has some fifty other routes. Some fetch addresses that whoever asks may
# choose, give out files, leave some behind for every visitor, or print what they are sent.
_SERVED = re.compile(
    r"/|/act|/(?:config|theme\.css|favicon\.ico|robots\.txt|health|metrics|login|logout)/?|/(?:assets|static|svelte)/.+"
    r"|/gradio_api/(?:upload|info|openapi\.json|startup-events|theme\.css|mcp)/?"
    r"|/gradio_api/(?:queue/(?:join|data)|cancel|reset|app_id|login_check|user)/?"
    r"|/gradio_api/(?:call|run|api)/.+",
    re.DOTALL,
)
_CALL = re.compile(r"/gradio_api/(?:call/v2|call|run|api)/([^/]*)/?")
# Gradio believes them whoever sends them, and puts them into the addresses of its page.
_BELIEVED = (b"x-forwarded-host", b"x-gradio-server")


def is_upload(scope: Scope) -> bool:
    """Whether a request brings files."""
    return bool(scope["type"] == "http" and scope["path"].rstrip("/") == UPLOAD)


class Security:
    """Refuses what comes from other sites, or asks for what is not served; adds the headers to every response."""

    def __init__(self, app: ASGIApp, names: TrustedHosts, endpoints: Set[str], *, read_only: bool) -> None:
        """`endpoints`: the names of those that there are; Gradio fails at any other with a traceback."""
        self._app = app
        self._names = names
        self._endpoints = endpoints
        self._read_only = read_only

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *_HEADERS.items()]
            await send(message)

        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = self._refused(scope["path"], Headers(scope=scope)) or self._app
        headers = [(name, value) for name, value in scope["headers"] if name not in _BELIEVED]
        await answer({**scope, "headers": headers}, receive, send_guarded)

    def _refused(self, path: str, headers: Headers) -> JSONResponse | None:
        host, origin = headers.get("host", ""), headers.get("origin")
        if host and not self._names.known(host):
            remedy = "call it by its address, or give it that name with --root-path http://NAME"
            return refusal(403, "UnknownHost", f"This server has no such name; {remedy}.")
        if origin is not None and not self._names.from_here(origin, host):
            return _other_site()
        # Nothing else has an Origin that leads here from another site: a link to /logout, a picture, a frame.
        if headers.get("sec-fetch-site") == "cross-site" and path != "/":
            return _other_site()
        call = _CALL.fullmatch(path)
        if not _SERVED.fullmatch(path) or (call and call[1] not in self._endpoints):
            return refusal(404, "NotServed", "There is nothing here; docs/api.md says what is served.")
        if self._read_only and path.rstrip("/") == UPLOAD:
            return refusal(403, "ReadOnly", "This server is read-only; have its operator add the files.")
        return None


def _other_site() -> JSONResponse:
    return refusal(403, "OtherSite", "Pages of other sites may not use this server; open its own page.")

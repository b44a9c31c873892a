"""Checks the host, origin and route of every request, and adds the security headers to every response."""

from __future__ import annotations

import re
from collections.abc import Set

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.web.http.errors import not_served, refusal
from qa.web.http.hosts import TrustedHosts

# A second line of defence: all text is escaped, and if some were not, the browser would still refuse what it
# tries to load. Gradio's own page needs inline scripts, and its HTML component compiles a template ('unsafe-eval').
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
"""The path that files are uploaded to."""

# The routes that the page and programs need. Gradio has some fifty others, some of which fetch an address that the
# client chooses, return files, store a file for each visitor, or print what they are sent.
_ALLOWED = re.compile(
    r"/|/act|/(?:config|theme\.css|favicon\.ico|robots\.txt|health|metrics|login|logout)/?"
    r"|/(?:assets|scripts|static)/.+"
    r"|/gradio_api/(?:upload|info|openapi\.json|theme\.css|mcp)/?"
    r"|/gradio_api/(?:queue/(?:join|data)|cancel|reset|app_id)/?"
    r"|/gradio_api/call/.+",
    re.DOTALL,
)
_CALL = re.compile(r"/gradio_api/(?:call/v2|call)/([^/]*)/?")
_SHARING = b"access-control-"  # headers by which Gradio lets pages of other sites read a response, with credentials
# Gradio builds the addresses of its page from the first two headers, even if the client itself sent them.
_DROPPED = (b"x-forwarded-host", b"x-gradio-server", b"accept-encoding")
_COMPRESSED = re.compile(r"/(?:assets|scripts|static)/.+", re.DOTALL)  # by `StaticFiles`


def is_upload(scope: Scope) -> bool:
    """Whether a request uploads files."""
    return bool(scope["type"] == "http" and scope["path"].rstrip("/") == UPLOAD)


class Security:
    """Middleware that refuses requests from other sites and for other routes, and adds the security headers."""

    def __init__(self, app: ASGIApp, hosts: TrustedHosts, endpoints: Set[str], *, read_only: bool) -> None:
        """`endpoints`: the names of all endpoints; for any other name, Gradio fails with a traceback."""
        self._app = app
        self._hosts = hosts
        self._endpoints = endpoints
        self._read_only = read_only

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [header for header in message.get("headers", ()) if not header[0].startswith(_SHARING)]
                message = {**message, "headers": [*headers, *_HEADERS.items()]}
            await send(message)

        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        app = self._refused(scope, Headers(scope=scope)) or self._app
        await app({**scope, "headers": _passed_on(scope)}, receive, send_with_headers)

    def _refused(self, scope: Scope, headers: Headers) -> JSONResponse | None:
        path, host, origin = scope["path"], headers.get("host", ""), headers.get("origin")
        if host and not self._hosts.is_trusted(host):
            remedy = "Use its address, or start it with --root-path http://NAME"
            return refusal(403, "UnknownHost", f"This server does not go by that name. {remedy}.")
        if origin is not None and not self._hosts.is_own_origin(origin, host, scope["scheme"]):
            return _other_site()
        # These have no Origin when they come from another site: a link (to /logout, say), a picture, a frame.
        if headers.get("sec-fetch-site") == "cross-site" and path != "/":
            return _other_site()
        call = _CALL.fullmatch(path)
        if not _ALLOWED.fullmatch(path) or (call and call[1] not in self._endpoints):
            return not_served()
        if self._read_only and path.rstrip("/") == UPLOAD:
            return refusal(403, "ReadOnly", "This server is read-only. Ask its operator to add the files.")
        return None


def _passed_on(scope: Scope) -> list[tuple[bytes, bytes]]:
    """The headers of a request, less those that could be forged, and less encodings other than our own.

    Gradio would compress every response in whatever encoding a client accepts, anew for each and on the event loop.
    """
    headers = [(name, value) for name, value in scope["headers"] if name not in _DROPPED]
    if "gzip" in Headers(scope=scope).get("accept-encoding", "") and _COMPRESSED.fullmatch(scope["path"]):
        headers.append((b"accept-encoding", b"gzip"))
    return headers


def _other_site() -> JSONResponse:
    return refusal(403, "OtherSite", "Pages of other sites may not use this server. Open its own page.")

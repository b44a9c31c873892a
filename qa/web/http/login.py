"""Nothing is answered without a login, but for the page that asks for it.

Gradio makes the sessions. It checks them at most of its routes, at none of its
heartbeats, streams and cancellations; here they are checked at every route that
is not named as open. A program may send its name and password with each request
instead (HTTP Basic): it then gets a session of its own.
"""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections import deque
from collections.abc import Callable
from contextvars import ContextVar
from hashlib import blake2b, sha256
from math import ceil
from time import monotonic

from anyio.to_thread import run_sync
from cachetools import LRUCache
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from qa.web.http.errors import refusal
from qa.web.http.passwords import Passwords
from qa.web.http.rate_limit import client_of

_MOST = 5  # wrong passwords…
_WITHIN = 60.0  # seconds
_REMEMBERED = 10_000  # names and clients; those that failed longest ago are forgotten


class LoginThrottle:
    """Counts the wrong passwords of names and clients.

    >>> attempts = LoginThrottle(now=lambda: 0.0)
    >>> for _ in range(5):
    ...     attempts.failed("anna", "192.0.2.1")
    >>> attempts.wait("anna", "192.0.2.9"), attempts.wait("bert", "192.0.2.1"), attempts.wait("bert", "192.0.2.9")
    (60.0, 60.0, 0.0)
    """

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self._failures: LRUCache[bytes, deque[float]] = LRUCache(_REMEMBERED)

    def wait(self, name: str, client: str) -> float:
        """Seconds until this name may be tried by this client; 0 if it may be now."""
        return max(map(self._wait, _keys(name, client)))

    def _wait(self, key: bytes) -> float:
        failures = self._failures.get(key, deque())
        return max(0.0, failures[0] + _WITHIN - self._now()) if len(failures) == _MOST else 0.0

    def failed(self, name: str, client: str) -> None:
        """Remembers a wrong password."""
        for key in _keys(name, client):
            self._failures.setdefault(key, deque(maxlen=_MOST)).append(self._now())


def _keys(name: str, client: str) -> tuple[bytes, bytes]:
    """Of one size each: a name may be as long as whoever sends it likes."""
    return _key("name", name), _key("client", client)


def _key(kind: str, text: str) -> bytes:
    return sha256(f"{kind} {text}".encode("utf-8", "surrogatepass")).digest()


# The login page and what it is drawn with; Gradio, as it starts, calls the last one itself.
_OPEN = ("/", "/health", "/login", "/theme.css", "/gradio_api/theme.css", "/favicon.ico", "/robots.txt",
         "/gradio_api/startup-events")  # fmt: skip
_OPEN_FOLDERS = ("/assets/", "/static/", "/svelte/")
_client: ContextVar[str] = ContextVar("client", default="")


class TooManyWrongError(Exception):
    """A name or a client has been wrong too often; `wait` says for how many seconds it is not heard."""

    def __init__(self, wait: float) -> None:
        self.wait = wait


class Authenticator:
    """Tells who may come in. Tries one password at a time, in a thread of its own: questions do not wait for it."""

    def __init__(self, passwords: Passwords) -> None:
        self._passwords = passwords
        self._attempts = LoginThrottle()
        self._trying = asyncio.Lock()

    async def admits(self, name: str, password: str) -> bool:
        """Whether the password is that of the name. Raises TooManyWrongError."""
        async with self._trying:
            if wait := self._attempts.wait(name, _client.get()):
                raise TooManyWrongError(wait)
            right = await run_sync(self._passwords.fit, name, password)
            if not right:
                self._attempts.failed(name, _client.get())
            return right


class Login:
    """Answers 401 to a request without a login, and 429 where too many have failed."""

    def __init__(self, app: ASGIApp, door: Authenticator) -> None:
        self._app = app
        self._door = door
        self._key = secrets.token_bytes()
        self._sessions: dict[bytes, str] = {}  # of programs: one for each password that was right

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        _client.set(client_of(scope))
        try:
            admitted = scope if _is_open(scope["path"]) or _has_session(scope) else await self._with_session(scope)
            if admitted:
                await self._app(admitted, receive, send)
                return
            answer = refusal(401, "LoginNeeded", "Log in on the page, or send name and password with each request.")
        except TooManyWrongError as error:
            wait = ceil(error.wait)
            said = f"Too many passwords were wrong; try again in {wait} seconds."
            answer = refusal(429, "TooManyWrong", said, {"retry-after": str(wait)})
        await answer(scope, receive, send)

    async def _with_session(self, scope: Scope) -> Scope | None:
        """The request as Gradio knows it from a browser that is logged in; None if its password is not right."""
        name, password = _basic(Headers(scope=scope).get("authorization", ""))
        known_as = blake2b(f"{name}:{password}".encode("utf-8", "surrogatepass"), key=self._key).digest()
        token = self._sessions.get(known_as)
        app = scope["app"]
        if token not in app.tokens:
            if not name or not await self._door.admits(name, password):
                return None
            token = self._sessions[known_as] = secrets.token_urlsafe(16)
            app.tokens[token] = name
        cookie = f"access-token-{app.cookie_id}={token}"
        headers = [header for header in scope["headers"] if header[0] != b"cookie"]
        return {**scope, "headers": [*headers, (b"cookie", cookie.encode())]}


def _is_open(path: str) -> bool:
    return path in _OPEN or path.rstrip("/") == "/login" or path.startswith(_OPEN_FOLDERS)


def _has_session(scope: Scope) -> bool:
    app, cookies = scope["app"], HTTPConnection(scope).cookies
    names = (f"access-token-{app.cookie_id}", f"access-token-unsecure-{app.cookie_id}")
    return any(cookies.get(name) in app.tokens for name in names)


def _basic(header: str) -> tuple[str, str]:
    """Name and password of HTTP Basic; empty if there are none.

    >>> _basic("Basic YW5uYTpvcGVuIHNlc2FtZQ==")
    ('anna', 'open sesame')
    """
    kind, _, encoded = header.partition(" ")
    if kind.lower() != "basic":
        return "", ""
    try:
        name, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return name, password

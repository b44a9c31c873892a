"""Requires a login for every route except the login page and its resources.

Gradio creates the sessions. It checks them at most of its routes, but not at its heartbeats, streams
and cancellations; here they are checked at every route that is not listed as open. A program may send
its name and password with each request instead (HTTP Basic): it then gets a session of its own.

Gradio gives a browser two cookies, one of which it would also send over plain HTTP, and to other applications of the
host. Here it gets the one that fits the scheme, for the path of the page.
"""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections import Counter, deque
from collections.abc import Callable
from hashlib import blake2b, sha256
from math import ceil
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from anyio.to_thread import run_sync
from cachetools import LRUCache, TTLCache
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.web.http.concurrency import crowded
from qa.web.http.errors import refusal, try_again
from qa.web.http.passwords import Passwords
from qa.web.http.rate_limit import current_client

_MAX_FAILURES = 5  # wrong passwords…
_WINDOW = 60.0  # seconds
_MAX_WAITING = 16  # passwords; checking them takes one or two seconds
_SESSION = 12 * 3600  # seconds
_MAX_SESSIONS = 10_000
_REPLACED = (b"path=", b"samesite=", b"secure")  # attributes of a cookie
_MAX_KEYS = 10_000  # names and clients; beyond that, the least recently used are forgotten


class LoginThrottle:
    """Counts the wrong passwords of each name and each client.

    >>> throttle = LoginThrottle(now=lambda: 0.0)
    >>> for _ in range(5):
    ...     throttle.add_failure("anna", "192.0.2.1")
    >>> throttle.wait("anna", "192.0.2.9"), throttle.wait("bert", "192.0.2.1"), throttle.wait("bert", "192.0.2.9")
    (60.0, 60.0, 0.0)
    """

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self._failures: LRUCache[bytes, deque[float]] = LRUCache(_MAX_KEYS)

    def wait(self, name: str, client: str) -> float:
        """Seconds until this client may try this name again; 0 if it may now."""
        return max(map(self._wait, _keys(name, client)))

    def _wait(self, key: bytes) -> float:
        failures = self._failures.get(key, deque())
        return max(0.0, failures[0] + _WINDOW - self._now()) if len(failures) == _MAX_FAILURES else 0.0

    def add_failure(self, name: str, client: str) -> None:
        """Counts a wrong password."""
        for key in _keys(name, client):
            self._failures.setdefault(key, deque(maxlen=_MAX_FAILURES)).append(self._now())


def _keys(name: str, client: str) -> tuple[bytes, bytes]:
    """Digests, because a client may send a name of any length."""
    return _key("name", name), _key("client", client)


def _key(kind: str, text: str) -> bytes:
    return sha256(f"{kind} {text}".encode("utf-8", "surrogatepass")).digest()


# The login page and its resources.
_OPEN = ("/", "/health", "/login", "/theme.css", "/gradio_api/theme.css", "/favicon.ico", "/robots.txt")
_OPEN_FOLDERS = ("/assets/", "/static/", "/svelte/")


class TooManyWrongError(Exception):
    """A name or a client has sent too many wrong passwords; `wait`: seconds until it may try again."""

    def __init__(self, wait: float) -> None:
        self.wait = wait


class TooManyLoginsError(Exception):
    """Too many passwords are waiting to be checked."""


class Authenticator:
    """Checks passwords, one at a time, in a worker thread, so that questions do not wait for it.

    A check takes time and memory, and a client can invent names and, behind some proxies, addresses. So only a few
    wait, at most half of them from one client.
    """

    def __init__(self, passwords: Passwords) -> None:
        self._passwords = passwords
        self._throttle = LoginThrottle()
        self._checking = asyncio.Lock()
        self._waiting = Counter[str]()  # by client; the one that is being checked is included

    async def authenticate(self, name: str, password: str) -> bool:
        """Whether this is the password of the name. Raises TooManyWrongError or TooManyLoginsError."""
        client = current_client.get()
        self._refuse_after_failures(name, client)
        if self._waiting.total() >= _MAX_WAITING or self._waiting[client] >= _MAX_WAITING // 2:
            raise TooManyLoginsError
        self._waiting[client] += 1
        try:
            async with self._checking:
                self._refuse_after_failures(name, client)  # some that waited before this one may have been wrong
                is_right = await run_sync(self._passwords.verify, name, password)
                if not is_right:
                    self._throttle.add_failure(name, client)
                return is_right
        finally:
            self._waiting[client] -= 1
            if not self._waiting[client]:
                del self._waiting[client]

    def _refuse_after_failures(self, name: str, client: str) -> None:
        if wait := self._throttle.wait(name, client):
            raise TooManyWrongError(wait)


def session_tokens() -> TTLCache[str, str]:
    """An empty table for the tokens of sessions, with the name of each user. Sessions end after a while."""
    return TTLCache(_MAX_SESSIONS, _SESSION)


class Login:
    """Middleware that answers 401 to a request without a login, and 429 or 503 to too many attempts to log in."""

    def __init__(self, app: ASGIApp, authenticator: Authenticator, root: str) -> None:
        """`root`: the path or the whole address behind a reverse proxy."""
        self._app = app
        self._authenticator = authenticator
        self._has_https = root.startswith("https:")
        self._path = urlsplit(root).path or "/"
        self._key = secrets.token_bytes()
        self._sessions: dict[bytes, str] = {}  # of programs: the token for each correct name and password

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_secure = self._has_https or scope["scheme"] == "https"
        try:
            is_allowed = _is_open(scope["path"]) or _has_session(scope, is_secure)
            logged_in = scope if is_allowed else await self._with_session(scope)
            if logged_in:
                await self._app(logged_in, receive, self._with_own_cookie(scope["app"], send, is_secure))
                return
            error = "Log in: reload the page, or send a name and a password with each request."
            response = refusal(401, "LoginNeeded", error)
        except TooManyWrongError as too_many:
            wait = ceil(too_many.wait)
            error = f"Too many wrong passwords. {try_again(wait)}"
            response = refusal(429, "TooManyWrong", error, {"retry-after": str(wait)})
        except TooManyLoginsError:
            response = crowded()
        await response(scope, receive, send)

    def _with_own_cookie(self, app: Any, send: Send, is_secure: bool) -> Send:
        """Sends responses with the one cookie of a session that fits the scheme."""
        secure, insecure = (f"{name}=".encode() for name in session_cookies(app))
        own, other = (secure, insecure) if is_secure else (insecure, secure)
        attributes = f"; Path={self._path}; SameSite=Lax{'; Secure' * is_secure}".encode()

        def rewritten(name: bytes, value: bytes) -> tuple[bytes, bytes]:
            if name != b"set-cookie" or not value.startswith(own):
                return name, value
            kept = [part for part in value.split(b"; ") if not part.lower().startswith(_REPLACED)]
            if b"max-age=" not in value.lower():
                kept.append(f"Max-Age={_SESSION}".encode())
            return name, b"; ".join(kept) + attributes

        async def send_rewritten(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [header for header in message.get("headers", ()) if not header[1].startswith(other)]
                message = {**message, "headers": [rewritten(*header) for header in headers]}
            await send(message)

        return send_rewritten

    async def _with_session(self, scope: Scope) -> Scope | None:
        """The request with the cookie of a browser that is logged in; None if its name or password is wrong."""
        name, password = _basic(Headers(scope=scope).get("authorization", ""))
        digest = blake2b(f"{name}:{password}".encode("utf-8", "surrogatepass"), key=self._key).digest()
        token = self._sessions.get(digest)
        app = scope["app"]
        if token not in app.tokens:
            if not name or not await self._authenticator.authenticate(name, password):
                return None
            token = self._sessions[digest] = secrets.token_urlsafe(16)
            app.tokens[token] = name
        cookie = f"access-token-{app.cookie_id}={token}"
        headers = [header for header in scope["headers"] if header[0] != b"cookie"]
        return {**scope, "headers": [*headers, (b"cookie", cookie.encode())]}


def session_cookies(app: Any) -> tuple[str, str]:
    """The names of the two cookies that Gradio's app gives a browser, one for HTTPS and one for plain HTTP, too."""
    return f"access-token-{app.cookie_id}", f"access-token-unsecure-{app.cookie_id}"


def _is_open(path: str) -> bool:
    return path in _OPEN or path.rstrip("/") == "/login" or path.startswith(_OPEN_FOLDERS)


def _has_session(scope: Scope, is_secure: bool) -> bool:
    app, cookies = scope["app"], HTTPConnection(scope).cookies
    secure, insecure = session_cookies(app)
    return cookies.get(secure if is_secure else insecure) in app.tokens


def _basic(header: str) -> tuple[str, str]:
    """The name and password of HTTP Basic; empty if there are none.

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

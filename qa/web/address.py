"""Where a server listens, and by which names it may be called; known before Gradio is imported."""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass
from errno import EACCES, EADDRINUSE
from urllib.parse import urlsplit

from qa import ChapterVerseError, UsageError

_HOST = re.compile(r"(\[[^\[\]]+\]|[^\[\]:@/?#\\\s]+)(?::\d*)?")


class PortTakenError(ChapterVerseError):
    """Another program listens there."""

    @classmethod
    def of(cls, port: int) -> PortTakenError:
        return cls(f"Port {port} is in use; choose another with --port.")


def check_free(host: str, port: int) -> None:
    """Raises PortTakenError or UsageError unless a server can listen there."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen()
    except OSError as error:
        if error.errno == EADDRINUSE:
            raise PortTakenError.of(port) from error
        if error.errno == EACCES:
            message = f"Port {port} is not yours to open; choose one above 1023 with --port."
            raise UsageError(message) from error
        raise UsageError(f"This machine has no address {host}; name one of its own with --host.") from error


@dataclass(frozen=True, slots=True)
class Names:
    """By which names a server is called, and whose pages may call it.

    A server on a loopback address is for this machine. A page from elsewhere
    whose name has been made to lead here (DNS rebinding) calls it by that name,
    so that there only this machine's names count, and the one that --root-path
    gives. A server on another address may have any name: `local` is None.
    """

    local: frozenset[str] | None
    public: str
    """Host and port of the address that readers know; empty where it is not known."""

    @classmethod
    def of(cls, host: str, root: str) -> Names:
        """`host`: where it listens; `root`: the path or the whole address behind a reverse proxy."""
        own, public = host.strip("[]").lower(), urlsplit(root).netloc.lower()
        found = socket.getaddrinfo(own, None)
        is_local = all(_is_loopback(str(address[0])) for *_, address in found)
        return cls(frozenset({"localhost", own, _name(public)} - {""}) if is_local else None, public)

    def known(self, host: str) -> bool:
        """Whether a request for this `Host` is meant for this server."""
        name = _name(host)
        return self.local is None or name in self.local or _is_loopback(name)

    def from_here(self, origin: str, host: str) -> bool:
        """Whether a page at `origin` is one of this server, which is called by `host`."""
        caller = origin.lower().partition("://")[2]
        return bool(caller) and caller in (host.lower(), self.public)


def _name(host: str) -> str:
    """The name in `name:port`; nothing if there is none.

    >>> _name("[::1]:7860"), _name("LOCALHOST"), _name("[::1")
    ('::1', 'localhost', '')
    """
    found = _HOST.fullmatch(host)
    return found[1].strip("[]").lower() if found else ""


def _is_loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False

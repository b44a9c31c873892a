"""Where a server listens, and by which names it may be called; known before Gradio is imported."""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass
from errno import EACCES, EADDRINUSE
from urllib.parse import urlsplit

from qa import ChapterVerseError, UsageError

# Names without a dot, and those that the world's DNS does not give away (RFC 6762 and 8375 for two of them).
_NEAR = re.compile(r"[\w-]+|.+\.(?:local|localhost|internal|home\.arpa|lan)", re.ASCII)
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
class TrustedHosts:
    """By which names a server is called, and whose pages may call it.

    A page from elsewhere whose name has been made to lead here (DNS rebinding) calls
    the server by that name. So only names count that nobody elsewhere can have: the one that
    `--root-path` gives, this machine's own, and, of a server that others reach, IP addresses
    and names without a meaning outside of a network.
    """

    own: frozenset[str]
    is_local: bool
    """Whether it is for this machine alone."""
    public: str
    """Host and port of the address that readers know; empty where it is not known."""

    @classmethod
    def of(cls, host: str, root: str) -> TrustedHosts:
        """`host`: where it listens; `root`: the path or the whole address behind a reverse proxy."""
        listening, public = host.strip("[]").lower(), urlsplit(root).netloc.lower()
        found = socket.getaddrinfo(listening, None)
        is_local = all(_is_loopback(str(address[0])) for *_, address in found)
        own = {"localhost", listening, _name(public), "" if is_local else socket.gethostname().lower()}
        return cls(frozenset(own - {""}), is_local, public)

    def known(self, host: str) -> bool:
        """Whether a request for this `Host` is meant for this server."""
        name = _name(host)
        return name in self.own or _is_loopback(name) or (not self.is_local and _is_near(name))

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
    address = _address(name)
    return address is not None and address.is_loopback


def _is_near(name: str) -> bool:
    """Whether only this network can say where it leads."""
    return _address(name) is not None or bool(_NEAR.fullmatch(name))


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None

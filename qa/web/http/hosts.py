"""Checks the address to listen on, and the `Host` and `Origin` of requests. Does not import Gradio."""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass
from errno import EACCES, EADDRINUSE
from urllib.parse import urlsplit

from qa import ChapterVerseError, UsageError

# Names without a dot, and those that public DNS never assigns (two of them by RFC 6762 and 8375).
_LOCAL_NAME = re.compile(r"[\w-]+|.+\.(?:local|localhost|internal|home\.arpa|lan)", re.ASCII)
_HOST = re.compile(r"(\[[^\[\]]+\]|[^\[\]:@/?#\\\s]+)(?::\d*)?")


class PortTakenError(ChapterVerseError):
    """Another program is listening on the port."""

    @classmethod
    def of(cls, port: int) -> PortTakenError:
        return cls(f"Port {port} is in use. Choose another with --port.")


def check_free(host: str, port: int) -> None:
    """Raises PortTakenError or UsageError unless a server can listen on this address."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen()
    except UnicodeError as error:  # not even a host's name
        raise _no_address(host) from error
    except OSError as error:
        if error.errno == EADDRINUSE:
            raise PortTakenError.of(port) from error
        if error.errno == EACCES:
            message = f"You may not open port {port}. Choose one above 1023 with --port."
            raise UsageError(message) from error
        raise _no_address(host) from error


def _no_address(host: str) -> UsageError:
    return UsageError(f"{host} is not an address of this machine. Choose another with --host.")


@dataclass(frozen=True, slots=True)
class TrustedHosts:
    """The names by which a server may be called, and the sites whose pages may call it.

    Attackers can point a name of their own to this server (DNS rebinding): their page then calls the
    server by that name. So the only trusted names are those that no attacker can own: the one in
    `--root-path`, this machine's own, and, if the server listens to a network, IP addresses and names
    that mean nothing outside a network.
    """

    own: frozenset[str]
    is_local: bool
    """Whether the server listens to this machine only."""
    public: str
    """Host and port of the address that readers use; empty if it is not known."""

    @classmethod
    def of(cls, host: str, root: str) -> TrustedHosts:
        """`host`: the address to listen on. `root`: the path or the whole address behind a reverse proxy."""
        listening, public = host.strip("[]").lower(), urlsplit(root).netloc.lower()
        found = socket.getaddrinfo(listening, None)
        is_local = all(_is_loopback(str(address[0])) for *_, address in found)
        own = {"localhost", listening, _name(public), "" if is_local else socket.gethostname().lower()}
        return cls(frozenset(own - {""}), is_local, public)

    def is_trusted(self, host: str) -> bool:
        """Whether a request with this `Host` is meant for this server."""
        name = _name(host)
        return name in self.own or _is_loopback(name) or (not self.is_local and _is_local_name(name))

    def is_own_origin(self, origin: str, host: str) -> bool:
        """Whether `origin` is this server, in a request with this `Host`."""
        site = origin.lower().partition("://")[2]
        return bool(site) and site in (host.lower(), self.public)


def _name(host: str) -> str:
    """The name in `name:port`; empty if there is none.

    >>> _name("[::1]:7860"), _name("LOCALHOST"), _name("[::1")
    ('::1', 'localhost', '')
    """
    found = _HOST.fullmatch(host)
    return found[1].strip("[]").lower() if found else ""


def _is_loopback(name: str) -> bool:
    address = _address(name)
    return address is not None and address.is_loopback


def _is_local_name(name: str) -> bool:
    """Whether it is an IP address, or a name that only this network resolves."""
    return _address(name) is not None or bool(_LOCAL_NAME.fullmatch(name))


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None

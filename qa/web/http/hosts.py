"""Checks the address to listen on, and the `Host` and `Origin` of requests. Does not import Gradio."""

from __future__ import annotations

import ipaddress
import re
import socket
import sys
from dataclasses import dataclass
from errno import EACCES, EADDRINUSE, EADDRNOTAVAIL, EAFNOSUPPORT
from typing import Any, NoReturn
from urllib.parse import unquote, urlsplit

from qa import ChapterVerseError, UsageError
from source import isolated

# Names without a dot, and those that public DNS never assigns (two of them by RFC 6762 and 8375).
_LOCAL_NAME = re.compile(r"[\w-]+|.+\.(?:local|localhost|internal|home\.arpa|lan)", re.ASCII)
_BACKLOG = 2048  # connections that wait to be accepted, as many as uvicorn's own sockets let wait
_PATH = re.compile(r"(?:/[\w.~!$&'()*+,=:@%-]+)*", re.ASCII)
_NAME = re.compile(r"[\w-]+(?:\.[\w-]+)*\.?", re.ASCII)
_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"(\[[^\[\]]+\]|[^\[\]:@/?#\\\s]+)(?::\d*)?")


class PortTakenError(ChapterVerseError):
    """Another program is listening on the port."""

    @classmethod
    def of(cls, port: int) -> PortTakenError:
        return cls(f"Port {port} is in use. Choose another with --port.")


def check_free(host: str, port: int) -> None:
    """Raises PortTakenError or UsageError unless a server can listen on this address."""
    for listener in listen(host, port):
        listener.close()


def listen(host: str, port: int) -> list[socket.socket]:
    """Opens a socket for each address of `host`. Raises PortTakenError or UsageError.

    `host`: a name or an address, an IPv6 address with or without brackets. `::` listens for IPv4, too.
    """
    listeners: list[socket.socket] = []
    missing: OSError | None = None  # "localhost" has an IPv6 address on machines that don't speak IPv6
    for family, address in _resolved(host, port):
        try:
            listeners.append(_listener(family, address))
        except OSError as error:
            if error.errno in (EADDRNOTAVAIL, EAFNOSUPPORT):
                missing = error
                continue
            for listener in listeners:
                listener.close()
            if error.errno == EADDRINUSE:
                raise PortTakenError.of(port) from error
            if error.errno == EACCES:
                message = f"You may not open port {port}. Choose one above 1023 with --port."
                raise UsageError(message) from error
            raise _no_address(host) from error
    if not listeners:
        raise _no_address(host) from missing
    return listeners


def _resolved(host: str, port: int) -> set[tuple[socket.AddressFamily, Any]]:
    try:
        found = socket.getaddrinfo(bare(host), port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:  # the latter if a label of a name is empty or too long
        raise _no_address(host) from error
    return {(family, address) for family, _, _, _, address in found}


def _listener(family: socket.AddressFamily, address: Any) -> socket.socket:
    # With its protocol named, or asyncio would let the system delay small packets by 40 ms (Nagle's algorithm).
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform != "win32":  # where it would let two servers share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, address[0] != "::")
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def _no_address(host: str) -> UsageError:
    return UsageError(f"{isolated(host)} is not an address of this machine. Choose another with --host.")


def bare(host: str) -> str:
    """The host without the brackets that IPv6 addresses have in URLs.

    >>> bare("[::1]"), bare("::1"), bare("localhost")
    ('::1', '::1', 'localhost')
    """
    return host[1:-1] if host.startswith("[") and host.endswith("]") else host


def url_of(host: str, port: int) -> str:
    """The URL at which this machine reaches a server that listens on `host`.

    >>> url_of("127.0.0.1", 7860), url_of("::1", 7860), url_of("::", 7860)
    ('http://127.0.0.1:7860/', 'http://[::1]:7860/', 'http://localhost:7860/')
    """
    address = _address(name := bare(host))
    if address is None:
        return f"http://{name}:{port}/"
    if address.is_unspecified:
        return f"http://localhost:{port}/"
    return f"http://[{name}]:{port}/" if address.version == 6 else f"http://{name}:{port}/"


def public_root(text: str) -> str:
    """The path or the whole address behind a reverse proxy, as browsers write it. Raises ValueError.

    >>> public_root("/qa/"), public_root("HTTPS://Пример.рф:443/"), public_root("http://[2001:DB8:0::1]:8080/qa")
    ('/qa', 'https://xn--e1afmkfd.xn--p1ai', 'http://[2001:db8::1]:8080/qa')
    """
    scheme, netloc, path, query, fragment = urlsplit(text)
    path = path.rstrip("/")
    if query or fragment or not _PATH.fullmatch(path) or {".", ".."} & set(unquote(path).split("/")):
        raise ValueError("not a path")
    if not scheme and not netloc and text.startswith("/"):
        return path
    if scheme not in _PORTS or not (found := _HOST.fullmatch(netloc)):
        raise ValueError("not an address")
    port = urlsplit(text).port or _PORTS[scheme]
    suffix = "" if port == _PORTS[scheme] else f":{port}"
    return f"{scheme}://{_as_sent(found[1])}{suffix}{path}"


def _as_sent(host: str) -> str:
    """The host as browsers send it: a name as IDNA encodes it, an IPv6 address in its shortest form."""
    if host.startswith("["):
        return f"[{ipaddress.IPv6Address(bare(host))}]" if "%" not in host else _refuse(host)
    name = host.lower()
    if not name.isascii():
        name = name.encode("idna").decode("ascii")
        # Browsers keep a few letters that this older IDNA replaces: names with these have to be given as xn--….
        if name.encode("ascii").decode("idna") != host.lower():
            _refuse(host)
    return name if _NAME.fullmatch(name) else _refuse(host)


def _refuse(host: str) -> NoReturn:
    raise ValueError(f"no host: {host}")


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
    """The origin of the address that readers use; empty if it is not known."""

    @classmethod
    def of(cls, host: str, root: str) -> TrustedHosts:
        """`host`: the address to listen on. `root`: the path or the whole address behind a reverse proxy."""
        listening, (scheme, name, *_) = bare(host).lower(), urlsplit(root.lower())
        found = socket.getaddrinfo(listening, None)
        is_local = all(_is_loopback(str(address[0])) for *_, address in found)
        own = {"localhost", listening, _name(name), "" if is_local else socket.gethostname().lower()}
        return cls(frozenset(own - {""}), is_local, f"{scheme}://{name}" if name else "")

    def is_trusted(self, host: str) -> bool:
        """Whether a request with this `Host` is meant for this server."""
        name = _name(host)
        return name in self.own or _is_loopback(name) or (not self.is_local and _is_local_name(name))

    def is_own_origin(self, origin: str, host: str, scheme: str) -> bool:
        """Whether `origin` is this server, in a request with this `Host` that came by this scheme.

        A proxy may not say the scheme: by the name that readers use, it is the one of `--root-path`.
        """
        by_public_name = bool(self.public) and host.lower() == self.public.partition("://")[2]
        own = {self.public} if by_public_name else {self.public, f"{scheme}://{host.lower()}"}
        return bool(origin and host) and origin.lower() in own


def _name(host: str) -> str:
    """The name in `name:port`; empty if there is none.

    >>> _name("[::1]:7860"), _name("LOCALHOST"), _name("[::1")
    ('::1', 'localhost', '')
    """
    found = _HOST.fullmatch(host)
    return bare(found[1]).lower() if found else ""


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

"""Connections to the servers of web pages: directly or through the environment's proxy, within a time, and not to
where a redirect may not lead.

Python's `http.client` on sockets of our own: so the address that a name stands for is
checked and then connected to, with no second look-up in between (DNS rebinding), and a
time limit holds for everything on a connection, which a server can draw out byte by byte.
httpx, which Gradio installs, allows neither.
"""

from __future__ import annotations

import socket
import ssl
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from threading import Timer
from time import monotonic
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from source.errors import NotFetched
from source.web.address import Address

_NAT64 = ip_network("64:ff9b::/96")
_STALL = 20.0  # seconds without a byte
_SOON = 0.1  # seconds: what times out so short of a deadline timed out because of it


class Deadline:
    """A moment, so many seconds from now, by which everything must be over."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._ends = monotonic() + seconds

    @property
    def passed(self) -> bool:
        return monotonic() > self._ends - _SOON

    def patience(self) -> float:
        """The seconds that one step may take."""
        return max(0.01, min(_STALL, self._ends - monotonic()))

    @contextmanager
    def over(self, connection: socket.socket) -> Iterator[None]:
        """A context in which a connection is shut down at the deadline, whoever is reading from it."""
        twin = connection.dup()  # TLS takes the original for itself
        timer = Timer(max(0.0, self._ends - monotonic()), self._end, [twin])
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            twin.close()

    @staticmethod
    def _end(connection: socket.socket) -> None:
        with suppress(OSError):  # it has been closed just now
            connection.shutdown(socket.SHUT_RDWR)


def is_public(number: str) -> bool:
    """Whether an IP address is one of the public internet, and not of this machine or of a network of its own.

    >>> [is_public(each) for each in ("93.184.216.34", "127.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.1")]
    [True, False, False, False, False]
    """
    found = ip_address(number.partition("%")[0])
    return all(each.is_global and not each.is_multicast for each in (found, *_inside(found)))


def _inside(address: IPv4Address | IPv6Address) -> list[IPv4Address]:
    """The IPv4 address to which an IPv6 address leads by one of the ways that carry the one over the other."""
    if isinstance(address, IPv4Address):
        return []
    translated = IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None
    return [each for each in (address.ipv4_mapped, address.sixtofour, translated) if each]


def _is_local_name(host: str) -> bool:
    """Whether a host is, as far as its name says, on this machine or on a network of its own."""
    with suppress(ValueError):
        return not is_public(host)
    return host.rstrip(".") == "localhost" or host.rstrip(".").endswith(".localhost")


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's reply, whose body has not been read. `is_public`: whether it is from the public internet."""

    response: HTTPResponse
    is_public: bool


@contextmanager
def reply_to(address: Address, headers: dict[str, str], public_only: bool, deadline: Deadline) -> Iterator[Reply]:
    """Asks for an address; yields the reply. `public_only`: only where the public internet answers.

    Raises NotFetched, OSError and HTTPException.
    """
    proxy = _proxy_for(address)
    connection, is_public = _connected(address, proxy, public_only, deadline)
    with connection, deadline.over(connection):
        if proxy and address.scheme == "https":
            _open_tunnel(connection, address, proxy)
            proxy = None
        if proxy:
            headers = {**headers, **_login(proxy)}
        client = _client(connection, address)
        try:
            client.request("GET", str(address) if proxy else address.target, headers=headers)
            with client.getresponse() as response:
                yield Reply(response, is_public)
        finally:
            client.close()


def _client(connection: socket.socket, address: Address) -> HTTPConnection:
    """An HTTP client on a connection, encrypted if the address says so."""
    if address.scheme == "http":
        client = HTTPConnection(address.host, address.port)
        client.sock = connection
    else:
        client = HTTPSConnection(address.host, address.port, context=_tls())
        client.sock = _tls().wrap_socket(connection, server_hostname=address.host)
    return client


def basic(user: str) -> str:
    """The value of a header that names a user and a password, `user:password` (RFC 7617)."""
    return f"Basic {b64encode(user.encode()).decode()}"


def _proxy_for(address: Address) -> SplitResult | None:
    """The proxy that the environment names for an address. Raises NotFetched."""
    proxies = getproxies()
    named = proxies.get(address.scheme) or proxies.get("all")
    if not named or proxy_bypass(address.host):
        return None
    proxy = urlsplit(named if "://" in named else f"http://{named}")
    if proxy.scheme != "http" or not proxy.hostname:
        raise NotFetched("cannot be fetched through the proxy that the environment names: only http:// proxies work.")
    return proxy


def _login(proxy: SplitResult) -> dict[str, str]:
    """The header with the user's name and password for the proxy, if the environment has them."""
    user = unquote(proxy.netloc.rpartition("@")[0])
    return {"Proxy-Authorization": basic(user)} if user else {}


def _connected(
    address: Address, proxy: SplitResult | None, public_only: bool, deadline: Deadline
) -> tuple[socket.socket, bool]:
    """A connection to the server or the proxy, and whether the server is on the public internet.

    Where a name leads behind a proxy only the proxy knows.
    """
    if proxy:
        is_outside = not _is_local_name(address.host)
        if public_only and not is_outside:
            raise _private(address.host)
        return connected(str(proxy.hostname), proxy.port or 80, False, deadline)[0], is_outside
    connection, number = connected(address.host, address.port, public_only, deadline)
    return connection, is_public(number)


def connected(host: str, port: int, public_only: bool, deadline: Deadline) -> tuple[socket.socket, str]:
    """A connection to a host, and the IP address that it leads to. Raises NotFetched and OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    usable = [each for each in found if not public_only or is_public(str(each[4][0]))]
    failed: OSError | None = None
    for family, kind, protocol, _, where in usable:
        connection = socket.socket(family, kind, protocol)
        connection.settimeout(deadline.patience())
        try:
            connection.connect(where)
        except OSError as error:
            connection.close()
            failed = error
        except BaseException:
            connection.close()
            raise
        else:
            return connection, str(where[0])
    raise failed or _private(host)


def _private(host: object) -> NotFetched:
    return NotFetched(
        f"leads to {host}, on this machine or a private network, where an address of the internet may not lead. "
        "Fetch that address itself if you trust it."
    )


def _open_tunnel(connection: socket.socket, address: Address, proxy: SplitResult) -> None:
    """Has the proxy connect to the server (RFC 9110, §9.3.6). Raises NotFetched, OSError and HTTPException."""
    host = f"[{address.host}]" if ":" in address.host else address.host
    login = "".join(f"{name}: {value}\r\n" for name, value in _login(proxy).items())
    place = f"{host}:{address.port}"
    connection.sendall(f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n{login}\r\n".encode("ascii"))
    response = HTTPResponse(connection, method="CONNECT")
    try:
        response.begin()
    finally:
        response.close()
    if response.status != 200:
        raise NotFetched(f"is refused by the proxy that the environment names (HTTP {response.status}).")


@cache
def _tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    places = ssl.get_default_verify_paths()
    if not places.cafile and not places.capath and not context.get_ca_certs():  # as in Python for macOS
        import certifi

        context.load_verify_locations(certifi.where())
    return context


@contextmanager
def explained(deadline: Deadline) -> Iterator[None]:
    """Turns the errors of a connection into NotFetched, which says what to do."""
    try:
        yield
    except NotFetched:
        raise
    except (OSError, HTTPException, EOFError) as error:
        raise NotFetched(_explanation(error, deadline)) from error


def _explanation(error: Exception, deadline: Deadline) -> str:
    if deadline.passed:
        return f"takes longer than {deadline.seconds:,.0f} seconds. Download it in a browser and add the file."
    if isinstance(error, TimeoutError):
        return "does not answer. Try again later."
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"has a certificate that this machine does not trust ({error.verify_message}). "
            "If you do, name its authority in SSL_CERT_FILE."
        )
    if isinstance(error, ssl.SSLError):
        return f"cannot be reached securely ({error.reason or error}). Try again later."
    if isinstance(error, socket.gaierror):
        return "names a host that is not found. Check the address and the connection to the internet."
    if isinstance(error, OSError) and error.strerror:
        return f"cannot be reached ({error.strerror.lower()}). Check the address, or try again later."
    return "breaks off, or is not an answer of a web server. Try again later."

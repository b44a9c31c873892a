"""The addresses that the server listens on, its names, and the clients behind addresses."""

from __future__ import annotations

import asyncio
import socket
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from app import main
from qa import UsageError
from qa.web.api.gradio import gr
from qa.web.http.config import Config
from qa.web.http.hosts import PortTakenError, TrustedHosts, check_free, listen, public_root, url_of
from qa.web.http.rate_limit import client_of
from qa.web.serve import launch

pytestmark = pytest.mark.filterwarnings("ignore")


def has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")


def link_local() -> str:
    """A link-local address of this machine with its zone; empty if there is none."""
    interfaces = Path("/proc/net/if_inet6")
    for line in interfaces.read_text("ascii").splitlines() if interfaces.exists() else ():
        digits, _, _, scope, _, name = line.split()
        if scope == "20":
            return f"fe80::{':'.join(digits[at : at + 4] for at in range(16, 32, 4))}%{name}"
    return ""


def wait_for(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not is_so() and time.monotonic() < until:
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("host", "reached_at"),
    [
        ("127.0.0.1", ["127.0.0.1"]),
        ("localhost", ["localhost"]),
        pytest.param("::1", ["[::1]"], marks=needs_ipv6),
        pytest.param("[::1]", ["[::1]"], marks=needs_ipv6),
        pytest.param("::", ["[::1]", "127.0.0.1", "localhost"], marks=needs_ipv6),
        pytest.param(
            link_local(), [f"[{link_local()}]"],
            marks=pytest.mark.skipif(not link_local(), reason="this machine has no link-local address"),
        ),
    ],
)  # fmt: skip
def test_a_server_listens_on_any_kind_of_address(host: str, reached_at: list[str]) -> None:
    with socket.create_server(("", 0)) as probe:
        port = probe.getsockname()[1]
    with gr.Blocks() as page:
        pass
    lines: list[str] = []
    served = launch(page, host, port, config=Config(log=lines.append))
    try:
        assert served.address == url_of(host, port)
        for name in reached_at:
            url = f"http://{name}:{port}"
            assert httpx.get(url).status_code == 200
            assert httpx.get(url, headers={"origin": url}).status_code == 200
            assert httpx.get(url, headers={"host": "evil.example"}).status_code == 403
            if "%" not in name:  # a proxy on this machine is believed, however it reaches the server
                httpx.get(f"{url}/robots.txt", headers={"x-forwarded-for": "2001:db8::7"})
                wait_for(lambda: "/robots.txt" in lines[-1])
                assert " 2001:db8::7 GET /robots.txt 200 " in lines.pop()
        with pytest.raises(PortTakenError, match=f"Port {port} is in use"):
            check_free(host, port)
    finally:
        page.close()


def test_small_answers_are_not_delayed() -> None:
    """The system would hold back the second packet of an answer for 40 ms, until the client has confirmed the first."""
    (listener,) = listen("127.0.0.1", 0)

    async def accepted() -> int:
        connected: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            taken = writer.get_extra_info("socket")
            connected.set_result(taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        async with await asyncio.start_server(connect, sock=listener):
            with socket.create_connection(listener.getsockname()):
                return await connected

    with ThreadPoolExecutor(1) as pool:  # after browser tests, this thread has an event loop
        assert pool.submit(asyncio.run, accepted()).result()


@pytest.mark.parametrize(
    "host", ["nosuch.invalid", "", "..", "a" * 70, "::1%none", "192.0.2.1", "[::1", "::ffff:0:0:0"]
)
def test_what_is_no_address_of_this_machine_is_refused(host: str) -> None:
    with pytest.raises(UsageError, match="is not an address of this machine"):
        listen(host, 0)


@pytest.mark.parametrize("first", ["127.0.0.1", "0.0.0.0", pytest.param("::", marks=needs_ipv6)])
def test_a_taken_port_is_noticed_before_anything_is_loaded(first: str) -> None:
    (taken,) = listen(first, 0)
    with taken, pytest.raises(PortTakenError):
        check_free("127.0.0.1", taken.getsockname()[1])


@pytest.mark.skipif(sys.platform != "linux", reason="any address in 127.0.0.0/8 is local")
def test_another_address_with_the_same_port_is_free() -> None:
    (taken,) = listen("127.0.0.1", 0)
    with taken:
        check_free("127.0.0.2", taken.getsockname()[1])


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
@pytest.mark.parametrize(
    ("name", "is_trusted"),
    [
        ("[::1]:7860", True), ("[fe80::1%eth0]:7860", True), ("[2001:db8::1]", True), ("192.168.1.7:7860", True),
        ("qa.local", True), ("evil.example", False), ("[::1].evil.example", False), ("[[::1]]", False),
    ],
)  # fmt: skip
def test_a_server_for_every_address_has_the_same_names_with_and_without_ipv6(
    host: str, name: str, is_trusted: bool
) -> None:
    assert TrustedHosts.of(host, "").is_trusted(name) == is_trusted


@needs_ipv6
def test_a_server_for_this_machine_has_no_names_on_the_network() -> None:
    names = TrustedHosts.of("::1", "https://[2001:db8::1]:8443/qa")
    assert names.is_trusted("[::1]:7860") and names.is_trusted("localhost") and names.is_trusted("[2001:db8::1]:8443")
    assert not names.is_trusted("[2001:db8::2]:8443") and not names.is_trusted("192.168.1.7")
    assert names.is_own_origin("http://[::1]:7860", "[::1]:7860", "http")
    assert names.is_own_origin("https://[2001:db8::1]:8443", "[::1]:7860", "http")
    assert not names.is_own_origin("http://[::1]:7861", "[::1]:7860", "http")


@pytest.mark.parametrize("scheme", ["http", "https"])  # a proxy may say so or not
def test_the_same_name_by_another_scheme_is_another_site(scheme: str) -> None:
    """Attack: a page that someone on the network delivers over plain HTTP under the server's name."""
    names = TrustedHosts.of("127.0.0.1", "https://docs.example")
    assert names.is_own_origin("https://docs.example", "docs.example", scheme)
    for origin in ("http://docs.example", "x://docs.example", "docs.example", "https://docs.example:80", "null", ""):
        assert not names.is_own_origin(origin, "docs.example", scheme)
    assert names.is_own_origin(f"{scheme}://localhost:7860", "localhost:7860", scheme)
    other = {"http": "https", "https": "http"}[scheme]
    assert not names.is_own_origin(f"{other}://localhost:7860", "localhost:7860", scheme)
    assert not TrustedHosts.of("127.0.0.1", "/qa").is_own_origin("", "localhost", scheme)


def test_a_client_is_an_address_or_a_network_of_ipv6() -> None:
    """Attack: the 2^64 addresses that a user of IPv6 has, or invented ones, to pass limits of a client."""

    def clients(*addresses: str) -> set[str]:
        return {client_of({"client": (address, 1)}) for address in addresses}

    assert clients(*(f"2001:db8:1:2:{n:x}::{n:x}" for n in range(1, 1000))) == {"2001:db8:1:2::"}
    assert clients(*(f"fe80::{n:x}%eth{n}" for n in range(1, 1000))) == {"fe80::"}
    assert clients("2001:db8:1:2::1", "2001:db8:1:3::1") == {"2001:db8:1:2::", "2001:db8:1:3::"}
    assert clients("192.0.2.1", "::ffff:192.0.2.1", "::ffff:c000:201") == {"192.0.2.1"}
    assert clients("a", "x" * 60_000, "", "192.0.2.1, 192.0.2.2") == {"unknown"}
    assert client_of({"client": None}) == "unknown"


def test_a_public_address_that_cannot_be_read_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    for root in (
        "http://[::1", "http://::1]", "ftp://a", "a", "https://", "https://user:pw@docs.example", "//docs.example/qa",
        "https://docs.example:abc", "https://docs.example:99999", "https://docs ex.example", "https://docs..example",
        "https://[fe80::1%25eth0]", "https://faß.example", "https://docs.example/a b", "/a b", "/qa/../x", "/qa/%2e%2E",
        "/qa\\x", "/qa;x", "/qa?x", "/qa#x", "/a//b", "/größe",
    ):  # fmt: skip
        with pytest.raises(SystemExit):
            main(["--root-path", root])
        assert "invalid address" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("typed", "host", "sent"),
    [
        ("HTTPS://Docs.Example/", "docs.example", "https://docs.example"),
        ("https://docs.example:443/qa", "docs.example", "https://docs.example"),
        ("https://пример.рф", "xn--e1afmkfd.xn--p1ai", "https://xn--e1afmkfd.xn--p1ai"),
        ("https://xn--fa-hia.example", "xn--fa-hia.example", "https://xn--fa-hia.example"),
        ("http://[2001:DB8:0::1]:8443", "[2001:db8::1]:8443", "http://[2001:db8::1]:8443"),
    ],
)
def test_a_public_address_is_the_one_that_browsers_send(typed: str, host: str, sent: str) -> None:
    names = TrustedHosts.of("127.0.0.1", public_root(typed))
    assert names.is_trusted(host) and names.is_own_origin(sent, host, "http")

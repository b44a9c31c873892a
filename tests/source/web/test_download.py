"""Downloads, from a server on this machine: what is saved, what is asked for again, and what is refused."""

from __future__ import annotations

import gzip
import hashlib
import io
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from web_fixtures import Site, serving, tunnel_to

from source.errors import NotFetched
from source.web import connections
from source.web.address import Address, parse_address
from source.web.connections import Deadline, connected, is_public
from source.web.download import Download, DownloadLimits, download
from source.web.origin import Origin

pytest_plugins = ["web_fixtures"]
pytestmark = pytest.mark.usefixtures("no_proxy")

PAGE = "<title>Ships</title><p>Two sail — северный ветер.</p>".encode()
USUAL = DownloadLimits()


@contextmanager
def fresh_trust() -> Iterator[None]:
    """A context in which the certificates are read anew, as a new process does."""
    connections._tls.cache_clear()
    yield
    connections._tls.cache_clear()


def unknown(address: Address) -> None:
    """There is no copy."""


def fetched(
    address: str, known: Callable[[Address], Origin | None] = unknown, limits: DownloadLimits = USUAL
) -> tuple[Download, bytes]:
    file = io.BytesIO()
    return download(parse_address(address), file, known, limits), file.getvalue()


def problem(address: str, limits: DownloadLimits = USUAL) -> str:
    with pytest.raises(NotFetched) as raised:
        fetched(address, limits=limits)
    return str(raised.value)


def test_the_bytes_are_kept_as_they_came(site: Site) -> None:
    address = site.has("/ships", PAGE, "text/html; charset=KOI8-R", ETag='W/"1"', Last_Modified="Mon, 30 Nov 2026")
    found, data = fetched(address)
    origin = found.origin
    assert data == PAGE and found.ending == ".html" and origin
    assert origin.sha256 == hashlib.sha256(PAGE).hexdigest()
    assert (origin.address, origin.charset, origin.etag) == (address, "koi8-r", 'W/"1"')
    assert origin.last_modified == "Mon, 30 Nov 2026" and origin.fetched.startswith("20")
    (_, headers), *more = site.asked
    assert headers["User-Agent"].startswith("chapter-and-verse") and headers["Host"] == site.place and not more


def test_compression_is_only_for_the_way(site: Site) -> None:
    site.has("/packed", gzip.compress(PAGE[:9]) + gzip.compress(PAGE[9:]), Content_Encoding="gzip")
    assert fetched(site.at("/packed"))[1] == PAGE
    pieces = [b"1\r\n%c\r\n" % each for each in gzip.compress(PAGE)]
    site.pages["/pieces"] = sent(
        CHUNKED.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n"), *pieces, b"0\r\n\r\n"
    )
    assert fetched(site.at("/pieces"))[1] == PAGE
    site.has("/other", b"x", Content_Encoding="br")
    assert problem(site.at("/other")).startswith("comes packed as br, which was not asked for")
    site.has("/broken", gzip.compress(PAGE)[:-9], Content_Encoding="gzip")
    site.has("/none", b"no gzip", Content_Encoding="gzip")
    site.has("/bits", gzip.compress(PAGE)[:10] + b"\xff" * 50, Content_Encoding="gzip")
    assert all(problem(site.at(path)).startswith("breaks off") for path in ("/broken", "/none", "/bits"))


def test_a_page_that_has_not_changed_is_not_sent_again(site: Site) -> None:
    address = site.has("/ships", PAGE, ETag='"1"', Last_Modified="Mon, 30 Nov 2026")
    first = fetched(address)[0].origin
    again, data = fetched(address, lambda asked: first if str(asked) == address else None)
    assert again.origin is None and data == b""
    assert site.asked[1][1]["If-None-Match"] == '"1"' and site.asked[1][1]["If-Modified-Since"] == "Mon, 30 Nov 2026"
    site.has("/ships", PAGE)  # it doesn't say any more, but sends the same
    assert fetched(address, lambda _: first)[0].origin is None
    site.has("/ships", PAGE + b"!")
    changed, data = fetched(address, lambda _: first)
    assert changed.origin and data == PAGE + b"!"


def test_redirects_lead_to_the_address_that_is_kept(site: Site) -> None:
    site.leads("/a", "/b#part", 301)
    site.leads("/b", site.at("/ships?x=%20y"), 308)
    site.has("/ships?x=%20y", PAGE)
    assert fetched(site.at("/a"))[0].address == parse_address(site.at("/ships?x=%20y"))
    site.leads("/round", "/round")
    assert problem(site.at("/round")).startswith("redirects more than 10 times")
    assert len(site.asked) == 3 + 11


@pytest.mark.parametrize(
    "to", ["file:///etc/passwd", "ftp://example.com/", "javascript:alert(1)", "http://a b/", "http://["]
)
def test_a_redirect_to_anything_but_the_web_is_refused(site: Site, to: str) -> None:
    assert problem(site.leads("/a", to)).startswith("redirects to an address that cannot be fetched")


def test_a_password_goes_to_its_own_server_only(site: Site) -> None:
    with serving() as other:
        other.has("/ships", PAGE)
        site.leads("/a", "/b")
        site.leads("/b", other.at("/ships").replace("//", "//you:and-me@"))
        found, _ = fetched(site.at("/a").replace("//", "//me:s%2Fcret@"))
    assert [headers.get("Authorization") for _, headers in site.asked] == ["Basic bWU6cy9jcmV0"] * 2
    assert "Authorization" not in other.asked[0][1]
    assert found.origin and found.origin.address == other.at("/ships")


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, "cannot be read without a login (HTTP 401). Open it in a browser, save it and add the file."),
        (404, "is not there (HTTP 404). Check the address."),
        (429, "is not given now (HTTP 429). Try again in 120 seconds."),
        (500, "cannot be given by its server, which has an error (HTTP 500). Try again later."),
        (204, "is not given (HTTP 204). Open it in a browser, save it and add the file."),
        (304, "is not given (HTTP 304). Open it in a browser, save it and add the file."),
    ],
)
def test_a_status_says_what_to_do(site: Site, status: int, said: str) -> None:
    assert problem(site.has("/x", b"", status=status, Retry_After="120")) == said


def test_what_is_no_page_is_refused(site: Site) -> None:
    assert problem(site.has("/none", b"")).startswith("is empty")
    assert problem(site.has("/film", b"\0" * 9, "video/mp4")).startswith("is video/mp4, which is not read")
    assert problem(site.at("/ships").replace("127.0.0.1", "no-such-host.invalid")).startswith(
        "names a host that is not"
    )
    with serving() as gone:
        address = gone.at("/")
    assert problem(address).startswith("cannot be reached (connection refused)")


def sent(*parts: bytes, pause: float = 0.0) -> Callable[[BaseHTTPRequestHandler], None]:
    """Sends these bytes as they are, with a pause before each, and closes the connection."""

    def reply(request: BaseHTTPRequestHandler) -> None:
        for part in parts:
            time.sleep(pause)
            try:
                request.wfile.write(part)
            except OSError:
                return
        request.close_connection = True

    return reply


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "answer",
    [
        HEAD + b"Content-Length: 100\r\n\r\nOnly the beginning",
        CHUNKED + b"5\r\nships\r\n",
        CHUNKED + b"zz\r\nships\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        HEAD + b"x: " + b"x" * 70_000,
        HEAD + b"x: y\r\n" * 200 + b"\r\n",
        b"",
    ],
    ids=["short", "broken chunks", "no chunk", "no HTTP", "long header", "many headers", "nothing"],
)
def test_half_an_answer_is_none(site: Site, answer: bytes) -> None:
    site.pages["/x"] = sent(answer)
    assert problem(site.at("/x")).startswith("breaks off, or is not an answer of a web server")


@pytest.mark.parametrize(
    "answer",
    [
        [HEAD + b"Content-Length: 50\r\n\r\n", *[b"x"] * 50],
        [*(bytes([each]) for each in HEAD + b"\r\nships")],
        [b"HTTP/1.1 100 Continue\r\n\r\n"] * 50,
        [CHUNKED, *[b"1\r\nx\r\n"] * 50],
    ],
    ids=["body", "head", "continue", "chunks"],
)
def test_an_answer_that_comes_drop_by_drop_ends_with_the_time(site: Site, answer: list[bytes]) -> None:
    """Attack: a server that is never silent for long, and never done."""
    site.pages["/x"] = sent(*answer, pause=0.05)
    started = time.monotonic()
    assert problem(site.at("/x"), DownloadLimits(seconds=0.3)).startswith("takes longer than 0 seconds")
    assert time.monotonic() - started < 1.5


def test_the_time_counts_the_redirects_too(site: Site) -> None:
    """Attack: a server that answers quickly, but leads on and on."""
    for number in range(11):
        site.pages[f"/{number}"] = sent(b"HTTP/1.1 302 x\r\nLocation: /%d\r\n\r\n" % (number + 1), pause=0.1)
    assert problem(site.at("/0"), DownloadLimits(seconds=0.3)).startswith("takes longer than")


@pytest.mark.parametrize(
    "answer",
    [
        [HEAD + b"Content-Length: 5000001\r\n\r\n"],
        [HEAD + b"\r\n", *[b"x" * 100_000] * 70],
        [CHUNKED + b"-1\r\n", *[b"x" * 100_000] * 70],
        [HEAD + b"Content-Encoding: gzip\r\n\r\n", gzip.compress(bytes(50_000_000), 6)],
    ],
    ids=["announced", "endless", "negative", "bomb"],
)
def test_more_than_the_limit_is_not_fetched(site: Site, answer: list[bytes]) -> None:
    """Attack: a file that would fill the disk, said or unsaid, or packed a thousand times smaller."""
    site.pages["/x"] = sent(*answer)
    file = io.BytesIO()
    with pytest.raises(NotFetched, match=r"^is larger than 5 MB"):
        download(parse_address(site.at("/x")), file, unknown, DownloadLimits(size=5_000_000))
    assert len(file.getvalue()) <= 5_000_000


def test_a_header_that_could_not_be_sent_back_is_not_kept(site: Site) -> None:
    """Attack: a tag that would end the header of the next request, or be more than a record holds."""
    site.pages["/x"] = sent(
        HEAD.replace(b"text/plain", b"text/plain; charset=\xff\x1b[2J") + b'ETag: "\x1b[2J\r\n Cookie: a"\r\n'
        b"Last-Modified: " + b"x" * 600 + b"\r\nContent-Length: 5\r\n\r\nships"
    )
    found, _ = fetched(site.at("/x"))
    assert found.origin
    assert (found.origin.charset, found.origin.etag, found.origin.last_modified) == ("", "", "")


# What a redirect may not lead to


@pytest.mark.parametrize(
    ("number", "public"),
    [
        ("93.184.216.34", True), ("2606:2800:220:1::1", True), ("127.0.0.1", False), ("0.0.0.0", False),
        ("10.1.2.3", False), ("172.16.0.1", False), ("192.168.1.1", False), ("169.254.169.254", False),
        ("100.64.0.1", False), ("224.0.0.1", False), ("255.255.255.255", False), ("::1", False), ("::", False),
        ("fe80::1%eth0", False), ("fd00::1", False), ("ff02::1", False), ("::ffff:127.0.0.1", False),
        ("2002:7f00:1::", False), ("64:ff9b::7f00:1", False), ("64:ff9b::808:808", True),
    ],
)  # fmt: skip
def test_addresses_of_the_internet_are_told_from_others(number: str, public: bool) -> None:
    assert is_public(number) is public


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1"])
def test_nothing_private_is_connected_to_after_the_internet(site: Site, host: str) -> None:
    """Attack: a page of the internet that has the program ask this machine, whatever the name for it."""
    port = site.server_address[1]
    with pytest.raises(NotFetched, match="on this machine or a private network"):
        connected(host, port, True, Deadline(5))
    assert not site.asked
    connection, number = connected("127.0.0.1", port, False, Deadline(5))
    connection.close()
    assert number == "127.0.0.1"


@pytest.mark.parametrize("host", ["127.0.0.1:{}", "localhost:{}", "[::1]:{}", "10.0.0.1", "me.localhost"])
def test_a_page_of_the_internet_may_not_redirect_to_this_machine(site: Site, proxy: Site, host: str) -> None:
    """Attack: a page that leads to a router or to the cloud's own server, which trust this machine."""
    host = host.format(site.server_address[1])
    proxy.leads("http://example.com/a", f"http://{host}/secret")
    proxy.has(f"http://{host}/secret", PAGE)
    assert problem("http://example.com/a").startswith(
        f"leads to {host.rpartition(':')[0].strip('[]') or host}, on this"
    )
    assert [path for path, _ in proxy.asked] == ["http://example.com/a"] and not site.asked


def test_what_the_user_named_may_be_on_this_machine(site: Site) -> None:
    site.has("/ships", PAGE)
    with serving() as other:
        assert fetched(other.leads("/a", site.at("/ships")))[1] == PAGE


# Through a proxy, and encrypted


def test_the_proxy_of_the_environment_is_used(proxy: Site, monkeypatch: pytest.MonkeyPatch, site: Site) -> None:
    proxy.has("http://example.com/ships", PAGE)
    assert fetched("http://example.com/ships")[1] == PAGE
    ((_, headers),) = proxy.asked
    assert headers["Proxy-Authorization"] == "Basic dXNlcjpwYXNz" and headers["Host"] == "example.com"
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert fetched(site.has("/ships", PAGE))[1] == PAGE and len(proxy.asked) == 1
    assert "Proxy-Authorization" not in site.asked[0][1]
    monkeypatch.setenv("http_proxy", "socks5://user:secret@127.0.0.1:1")
    assert problem("http://example.com/") == (
        "cannot be fetched through the proxy that the environment names: only http:// proxies work."
    )


def test_encryption_goes_through_the_proxy_to_the_server(
    site: Site, proxy: Site, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.encrypt(certificate)
    site.has("/ships", PAGE)
    proxy.pages["example.com:443"] = tunnel_to(site)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with fresh_trust():
        found, data = fetched("https://example.com/ships")
    assert data == PAGE and found.origin and found.origin.address == "https://example.com/ships"
    assert proxy.asked[0][0] == "CONNECT example.com:443" and len(proxy.asked) == 1
    assert "Proxy-Authorization" in proxy.asked[0][1] and "Proxy-Authorization" not in site.asked[0][1]
    assert problem("https://other.com/") == "is refused by the proxy that the environment names (HTTP 403)."


def test_a_certificate_that_nobody_vouches_for_is_refused(
    site: Site, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.encrypt(certificate)
    site.has("/ships", PAGE)
    with fresh_trust():
        said = problem(site.at("/ships"))
    assert said.startswith("has a certificate that this machine does not trust (self-signed certificate)")
    assert not site.asked
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with fresh_trust():
        assert fetched(site.at("/ships"))[1] == PAGE
        assert problem(site.at("/ships").replace("127.0.0.1", "localhost")).startswith("has a certificate")


def test_a_server_that_does_not_speak_tls_is_named(site: Site) -> None:
    said = problem(site.at("/ships").replace("http:", "https:"))
    assert said.startswith("cannot be reached securely (")


def test_a_handshake_that_never_ends_ends_with_the_time() -> None:
    """Attack: a server that takes the connection and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        held: list[socket.socket] = []
        thread = threading.Thread(target=lambda: held.append(server.accept()[0]), daemon=True)
        thread.start()
        address = f"https://127.0.0.1:{server.getsockname()[1]}/"
        assert problem(address, DownloadLimits(seconds=0.3)).startswith(("takes longer than", "does not answer"))
        thread.join(5)
        held[0].close()

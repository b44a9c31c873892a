"""Addresses of web pages, and the names of the files that their copies are saved in.

>>> address = parse_address("HTTPS://me:secret@Example.com:443/fares/Осло?year=2026#prices")
>>> print(address)
https://example.com/fares/%D0%9E%D1%81%D0%BB%D0%BE?year=2026
>>> address.stem, address.user
('example.com-fares-Осло-year-2026', 'me:secret')
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import PurePosixPath
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit

from source.formats.registry import SUFFIXES
from source.web.origin import LONGEST_ADDRESS

_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[\w.-]+|[0-9a-f:.]+", re.ASCII)
_KEPT = "/%:@!$&'()*+,;=~-._"  # of a path, beside letters and digits (RFC 3986, §3.3)
_OTHER = re.compile(r"[^\w.]+")
_STEM = 120  # bytes; with its ending and its record's, a name must fit 255
_CREDENTIALS = re.compile(
    r"\A((?:[a-z][a-z0-9+.-]*:)?/+)?.*@", re.IGNORECASE | re.DOTALL
)  # a password may have a slash


@dataclass(frozen=True, slots=True)
class Address:
    """An address that can be fetched. `str` of it has neither the fragment nor `user`, a name and a password.

    `host` is in ASCII. `target`: the path and the query, as they are asked for.
    """

    scheme: str
    host: str
    port: int
    target: str
    user: str = field(default="", repr=False)

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"

    @property
    def authority(self) -> str:
        """The host, and the port unless it is the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def ending(self) -> str:
        """The ending of a kind of file that is read, if its path has one; else empty."""
        suffix = PurePosixPath(unquote(self.target.partition("?")[0])).suffix.lower()
        return suffix if suffix in SUFFIXES else ""

    @property
    def stem(self) -> str:
        """A name for its copy, without the ending. Other addresses may give the same."""
        path, _, query = (unquote(part) for part in self.target.partition("?"))
        path = path[: len(path) - len(self.ending)]
        name = _OTHER.sub("-", f"{self.authority}{path}?{query}").strip("-._")
        return name.encode()[:_STEM].decode(errors="ignore").rstrip("-._")

    @property
    def stem_of_its_own(self) -> str:
        """As `stem`, with a part of the address's hash, which no other address has."""
        return f"{self.stem}-{sha256(str(self).encode()).hexdigest()[:8]}"


def parse_address(text: str) -> Address:
    """Parses an address. Raises ValueError, which says what is wrong with it."""
    if len(text) > LONGEST_ADDRESS:
        raise ValueError(f"is longer than {LONGEST_ADDRESS:,} characters")
    if any(char.isspace() or not char.isprintable() for char in text):
        raise ValueError("has a space or a control character in it")  # which `urlsplit` would ignore
    if not text.lower().startswith(("http://", "https://")):
        raise ValueError("does not begin with http:// or https://")
    try:
        parts = urlsplit(text)
        port = parts.port or _PORTS[parts.scheme]
    except ValueError:  # whose message may repeat a password
        raise ValueError("names no host, or an impossible port") from None
    target = quote(parts.path or "/", safe=_KEPT)
    target += f"?{quote(parts.query, safe=f'{_KEPT}?[]')}" if parts.query else ""
    user = unquote(parts.netloc.rpartition("@")[0])
    address = Address(parts.scheme, _host(parts), port, target, user)
    if len(str(address)) > LONGEST_ADDRESS:
        raise ValueError(f"is longer than {LONGEST_ADDRESS:,} characters")
    return address


def _host(parts: SplitResult) -> str:
    """The host in ASCII (IDNA). Raises ValueError."""
    try:
        host = (parts.hostname or "").encode("idna").decode()
    except UnicodeError:
        host = ""
    if not _HOST.fullmatch(host) or "\\" in parts.netloc:  # which ends a host in a browser
        raise ValueError("names no host, or an impossible one")
    return host


def redirected(address: Address, location: str) -> Address:
    """The address that an answer points to, without the user's name and password. Raises ValueError."""
    # `http.client` decodes headers as Latin-1, but servers write UTF-8.
    with_letters = location.encode("latin-1", "replace").decode("utf-8", "replace")
    return replace(parse_address(urljoin(str(address), with_letters.strip())), user="")


def without_credentials(text: str) -> str:
    """What was written as an address, without what may be a user's name and password.

    >>> without_credentials("ftp://me:secret@example.com/a"), without_credentials("me:secret@example.com")
    ('ftp://example.com/a', 'example.com')
    """
    return _CREDENTIALS.sub(r"\1", text)

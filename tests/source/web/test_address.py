"""Addresses of web pages: what may be fetched, what is kept of it, and the names of copies."""

from __future__ import annotations

import pytest

from source import document_name
from source.formats.registry import SUFFIXES
from source.web.address import parse_address, redirected, without_credentials
from source.web.origin import is_address


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("https://example.com", "https://example.com/"),
        ("HTTP://Example.COM:80/A%20b?q=ж#part", "http://example.com/A%20b?q=%D0%B6"),
        ("https://example.com:8443/?", "https://example.com:8443/"),
        ("https://пример.рф/цены", "https://xn--e1afmkfd.xn--p1ai/%D1%86%D0%B5%D0%BD%D1%8B"),
        ("http://[::1]:8000/a", "http://[::1]:8000/a"),
        ("https://me:secret@example.com/@me/page", "https://example.com/@me/page"),
        ("https://me:se%2Fcret@example.com/", "https://example.com/"),
        ("http://example.com\\@other.com/", None),
        ("http://example.com/a b", None),
        ("http://example.com/\r\nHost: other", None),
        ("http://example.com/\x1b[2J", None),
        ("http://example.com/\u202e", None),
        ("http://example.com:99999/", None),
        ("http://me:se/cret@example.com/", None),
        ("http://[::1", None),
        ("http://", None),
        ("http://a..b/", None),
        ("http:///etc/passwd", None),
        ("file:///etc/passwd", None),
        ("ftp://example.com/", None),
        ("javascript:alert(1)", None),
        ("example.com/page", None),
        ("", None),
        ("https://example.com/" + "a" * 2048, None),
        ("https://example.com/" + "ж" * 1000, None),  # 6,000 characters when it is encoded
    ],
)
def test_only_whole_web_addresses_are_taken(written: str, stored: str | None) -> None:
    if stored is None:
        with pytest.raises(ValueError, match=r"^(is|has|does|names) ") as raised:
            parse_address(written)
        assert "cret" not in str(raised.value)
        return
    address = parse_address(written)
    assert str(address) == stored and is_address(stored)
    assert str(parse_address(stored)) == stored
    assert "secret" not in repr(address)


def test_a_user_name_and_a_password_are_known_but_not_shown() -> None:
    assert parse_address("https://me:se%2Fcret@example.com/").user == "me:se/cret"
    for text in ("http://me:se/cret@host:x/", "me:secret@host", "//me:secret@host", "http:/me:secret@host"):
        assert "cret" not in without_credentials(text)


@pytest.mark.parametrize(
    ("location", "stored"),
    [
        ("/b?c", "https://example.com/b?c"),
        ("b", "https://example.com/a/b"),
        ("//other.com/b", "https://other.com/b"),
        ("http://me:secret@other.com/", "http://other.com/"),
        ("/ц".encode().decode("latin-1"), "https://example.com/%D1%86"),  # as `http.client` has it
    ],
)
def test_a_redirect_is_followed_from_where_it_stands(location: str, stored: str) -> None:
    address = redirected(parse_address("https://me:secret@example.com/a/"), location)
    assert str(address) == stored and not address.user


@pytest.mark.parametrize(
    ("written", "stem"),
    [
        ("https://example.com/", "example.com"),
        ("https://example.com/fares/oslo.html", "example.com-fares-oslo"),
        ("https://example.com/fares/report.v2.PDF?page=3", "example.com-fares-report.v2-page-3"),
        ("https://example.com/%D0%A6%D0%B5%D0%BD%D1%8B", "example.com-Цены"),
        ("https://example.com/../../etc/passwd", "example.com-..-..-etc-passwd"),
        ("https://example.com/%2e%2e%2f%00%0a%5c..", "example.com-..-.."),
        ("http://[::1]:8000/a", "1-8000-a"),
        ("https://example.com/" + "%D0%B6" * 300, "example.com-" + "ж" * 54),
    ],
)
def test_a_copy_is_named_after_its_address(written: str, stem: str) -> None:
    address = parse_address(written)
    assert address.stem == stem.rstrip("-._")
    for each in (address.stem, address.stem_of_its_own):
        for suffix in SUFFIXES:
            name = document_name(f"{each}{suffix}")
            assert not {"/", "\\", "\0"} & set(name) and not name.startswith(".") and len(name.encode()) < 200
    assert address.stem_of_its_own != parse_address(f"{written}&").stem_of_its_own

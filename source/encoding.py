"""Decodes bytes to text, whatever their encoding."""

from __future__ import annotations

import codecs
import unicodedata
from collections.abc import Iterator

from source.errors import NotText
from source.untrusted_text import isolated

# Longest first: UTF-32's little-endian mark begins with UTF-16's.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ALLOWED_CONTROLS = frozenset("\t\n\r\f\v\x1a\x1b\x85")


def decode(data: bytes, name: str) -> str:
    """The text in `data`, without its byte-order mark.

    Tried in order: the encoding of a byte-order mark, UTF-8, UTF-32 and UTF-16
    without a mark (if there are zero bytes), then a legacy code page as detected
    by charset-normalizer.

    Raises NotText, naming `name`, if no encoding gives plausible text.
    """
    for text in _candidates(data):
        if text is not None and _is_text(text):
            return text
    raise NotText(f"{isolated(name)} is not text in a known encoding. Convert it to UTF-8 or exclude it.")


def is_unicode(text: str) -> bool:
    """Whether `text` can be encoded as UTF-8. JSON and command lines may contain lone surrogates, which cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _candidates(data: bytes) -> Iterator[str | None]:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            yield _try(data, encoding)
    yield _try(data, "utf-8")
    if b"\0" in data[:4096]:
        yield _try(data, "utf-32-le")
        yield _try(data, "utf-32-be")
        # Either byte order of UTF-16 may decode; the right one gives ASCII spaces and letters.
        yield from sorted((_try(data, "utf-16-le"), _try(data, "utf-16-be")), key=_plainness, reverse=True)
    else:
        yield _legacy(data)


def _plainness(text: str | None) -> tuple[int, int]:
    sample = (text or "")[:4096]
    return sum(char in " \n\r\t" for char in sample), sum(char.isascii() for char in sample)


def _try(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _legacy(data: bytes) -> str | None:
    # Imported here: most files are UTF-8 and never need the detector.
    from charset_normalizer import from_bytes

    matches = from_bytes(data)
    best = matches.best()
    if best is None:
        return None
    for match in matches:  # to the detector, French looks as good in a Baltic code page; cp1252 is far more common
        if match.encoding == "cp1252" and match.coherence >= best.coherence and match.chaos - best.chaos < 0.05:
            best = match
    return _try(data, best.encoding)


def _is_text(text: str) -> bool:
    """Whether a text has no NUL and hardly any control, private-use or unassigned characters.

    A wrong guess of UTF-16 gives characters from all over Unicode; real text has
    few that cannot be typed. An occasional control character is allowed.
    """
    sample = text[:65536]
    if "\0" in text:
        return False
    odd = sum(
        not char.isprintable() and char not in _ALLOWED_CONTROLS and not char.isspace() and not _is_format(char)
        for char in sample
    )
    return odd * 50 <= len(sample)


def _is_format(char: str) -> bool:
    """Whether a character is a format character (soft hyphen, joiner, direction mark): invisible, but text."""
    return unicodedata.category(char) == "Cf"

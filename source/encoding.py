"""Decodes bytes to text, whatever their encoding."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from itertools import islice

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
# The code pages that browsers use for labels of narrower ones (the Encoding standard, §4.2).
_TAKEN_FOR = {
    "ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "iso8859-11": "cp874", "tis-620": "cp874",
    "gb2312": "gb18030", "gbk": "gb18030", "big5": "big5hkscs", "euc_kr": "cp949", "shift_jis": "cp932",
}  # fmt: skip
_CODE_PAGE = re.compile(r"utf-8|iso8859-\d+|iso2022_jp|tis-620|cp\d+|koi8-[ru]|mac-\w+|gb\w+|big5\w*|euc_\w+|shift_jis")
_SAMPLE = 4096  # bytes
_ASCII = bytes([*b"\t\n\r", *range(0x20, 0x7F)])
_NOT_ASCII = 0.2
"""The share of other bytes above which a text may be UTF-16: with one zero byte, ASCII can be decoded as Chinese."""
_FITTING = 2  # of bytes that continue a character of UTF-8, to one that is invalid
_ODD_IN = 50  # characters; with more than one odd or undecodable one in so many, it isn't text
_ALLOWED_CONTROLS = frozenset("\t\n\r\f\v\x1a\x1b\x85")
# The code pages of Latin scripts that are compared; of those that fit a text equally well, the first is the commonest.
_LATIN = (
    "cp1252", "cp1250", "cp1254", "cp1257", "iso8859-2", "iso8859-15", "mac-roman", "mac-latin2", "cp850", "cp852",
)  # fmt: skip
# The letters beyond A to Z of each language, or of several whose letters are among them.
_LANGUAGES = tuple(
    frozenset(letters)
    for letters in (
        "áàâäçèéêëíïñóôöøúü",  # foreign names and words in English and Dutch
        "àâçèéêëîïôœùûü",  # French
        "äöüß",  # German
        "áéíñóúüªºàçèïò·",  # Spanish, Catalan, Irish
        "àáâãçéêíóôõúüªº",  # Portuguese
        "àèéìíîòóùúªº",  # Italian
        "åäöéàæøü",  # Danish, Norwegian, Swedish, Finnish
        "áðéíóúýþæö",  # Icelandic
        "õäöüšž",  # Estonian
        "ąćęłńóśźż",  # Polish
        "áčďéěíňóřšťúůýžľĺŕôä",  # Czech, Slovak
        "áéíóöőúüű",  # Hungarian
        "čćđšž",  # Croatian, Slovenian, Serbian
        "ăâîşţ",  # Romanian
        "çğıİöşüâîû",  # Turkish
        "ąčęėįšųūž",  # Lithuanian
        "āčēģīķļņšūž",  # Latvian
    )
)
_SIGNS = frozenset("\xa0¡¢£¥§©«®°±²³´µ·¹»¼½¾¿×÷–—‘’‚“”„†‡•…‰‹›€™")
_JOINING = frozenset("’·–—´\xad")  # signs that stand between two letters
_OPENING = frozenset("‚„¡¿‹«")  # signs that stand after no letter
_NOT_ASCII_CHARACTER = re.compile(r"[^\x00-\x7f]")
_MOST_LETTERS = 20_000  # and signs beyond ASCII that are looked at
_ENOUGH = 0.9  # of these that fit; otherwise it is another language, or no text


def codec_of(label: str) -> str:
    """The codec for an encoding by the name that the web has for it; empty if it has none, or isn't known.

    >>> codec_of("ISO-8859-1"), codec_of("x-sjis"), codec_of("rot13")
    ('cp1252', 'cp932', '')
    """
    try:
        name = codecs.lookup(label.lower().removeprefix("x-")).name
    except (LookupError, ValueError):  # it has a null character
        return ""
    name = _TAKEN_FOR.get(name, name)
    return name if _CODE_PAGE.fullmatch(name) else ""


def decode(data: bytes, name: str, charset: str = "") -> tuple[str, int]:
    """The text in `data`, without its byte-order mark, and how often U+FFFD stands in it for what has no meaning.

    Tried in order: the encoding of a byte-order mark, UTF-8 (a few invalid bytes or zeros
    are allowed), UTF-32 and UTF-16 without a mark (if there are zeros, and many bytes that
    aren't ASCII), then `charset`, the encoding that a server named, or a legacy code page:
    charset-normalizer detects the script, and the letters of the Latin ones' languages
    decide between their code pages.

    Raises NotText, naming `name`, if no encoding gives plausible text.
    """
    for text, undecodable in _candidates(data, codec_of(charset)):
        if text is not None and _is_text(text):
            return text.replace("\0", "\ufffd"), undecodable + text.count("\0")
    raise NotText(f"{isolated(name)} is not text in a known encoding. Convert it to UTF-8 or exclude it.")


def is_unicode(text: str) -> bool:
    """Whether `text` can be encoded as UTF-8. JSON and command lines may contain lone surrogates, which cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _candidates(data: bytes, named: str) -> Iterator[tuple[str | None, int]]:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            yield _marked(data, encoding)
    yield _utf_8(data)
    if b"\0" not in data[:_SAMPLE]:
        yield _try(data, named) if named else None, 0
        yield _legacy(data), 0
    elif len(data[:_SAMPLE].translate(None, _ASCII)) > _NOT_ASCII * len(data[:_SAMPLE]):
        yield _try(data, "utf-32-le"), 0
        yield _try(data, "utf-32-be"), 0
        # Either byte order of UTF-16 may decode; the right one gives ASCII spaces and letters.
        wide = _try(data, "utf-16-le"), _try(data, "utf-16-be")
        yield from ((text, 0) for text in sorted(wide, key=_plainness, reverse=True))


def _marked(data: bytes, encoding: str) -> tuple[str | None, int]:
    """The text after a byte-order mark if hardly any bytes are invalid, and how many U+FFFD stand for those."""
    if (text := _try(data, encoding)) is not None:
        return text, 0
    text = data.decode(encoding, "replace")
    invalid = text.count("\ufffd")
    return (text, invalid) if invalid <= max(1, len(text) // _ODD_IN) else (None, 0)


def _utf_8(data: bytes) -> tuple[str | None, int]:
    """The text if it is UTF-8 except for a stray byte or a cut, and how many U+FFFD stand for those."""
    if (text := _try(data, "utf-8")) is not None:
        return text, 0
    text = data.decode("utf-8", "replace")
    replaced = text.count("\ufffd")
    invalid = replaced - data.count("\ufffd".encode())
    # Text in another encoding has far more bytes that don't fit UTF-8 than bytes that continue a character of it.
    continuing = len(text.encode()) - len(text) - 2 * replaced
    return (text, invalid) if continuing >= _FITTING * invalid else (None, 0)


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

    if (best := from_bytes(data).best()) is None:
        return None
    latin = _latin_code_page(data) if _is_latin(str(best)) else None
    return _try(data, latin or best.encoding)


def _is_latin(text: str) -> bool:
    """Whether the letters of a text are mostly Latin."""
    letters = [char for char in text[:_SAMPLE] if char.isalpha()]
    return 2 * sum(char <= "\u024f" for char in letters) > len(letters)


def _latin_code_page(data: bytes) -> str | None:
    """The code page whose characters fit one language best; None if in none of them most do.

    A detector that knows how often letters occur cannot tell these code pages apart in a short text: most bytes are a
    letter in each. But hardly any text has a letter that its language lacks, or a sign in the middle of a word.
    """
    fits = {name: fit for name in _LATIN if (fit := _fit(data, name)) >= _ENOUGH}
    return max(fits, key=lambda name: fits[name], default=None)


def _fit(data: bytes, code_page: str) -> float:
    """The share of the characters beyond ASCII that the best fitting language may have where they stand."""
    try:
        text = data.decode(code_page)
    except UnicodeDecodeError:
        return 0.0
    found = [match.start() for match in islice(_NOT_ASCII_CHARACTER.finditer(text), _MOST_LETTERS)]
    signs = sum(_is_sign(text, at) for at in found)
    letters = Counter(text[at] for at in found if _is_letter(text, at))
    own = max(
        sum(count for letter, count in letters.items() if letter in language or letter.lower() in language)
        for language in _LANGUAGES
    )
    return (signs + own) / max(1, len(found))


def _is_sign(text: str, at: int) -> bool:
    sign, before, after = text[at], text[at - 1 : at].isalpha(), text[at + 1 : at + 2].isalpha()
    if sign not in _SIGNS or (before and sign in _OPENING):
        return False
    return sign in _JOINING or not (before and after)


def _is_letter(text: str, at: int) -> bool:
    """Whether a letter stands where one may: beside no digit, and a capital after no small letter."""
    letter, before, after = text[at], text[at - 1 : at], text[at + 1 : at + 2]
    if before.isdecimal() or after.isdecimal():
        return letter in "ªº"
    return letter.isalpha() and not (letter.isupper() and before.islower())


def _is_text(text: str) -> bool:
    """Whether a text has hardly any control, private-use or unassigned characters.

    A wrong guess of UTF-16 gives characters from all over Unicode; real text has
    few that cannot be typed. An occasional control character is allowed.
    """
    sample = text[:65536]
    odd = sum(
        not char.isprintable() and char not in _ALLOWED_CONTROLS and not char.isspace() and not _is_format(char)
        for char in sample
    )
    return odd * _ODD_IN <= len(sample) and text.count("\0") * _ODD_IN <= len(text)


def _is_format(char: str) -> bool:
    """Whether a character is a format character (soft hyphen, joiner, direction mark): invisible, but text."""
    return unicodedata.category(char) == "Cf"

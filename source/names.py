"""What files are called that come from other people's machines: their names may be anything."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath

from source.errors import UnknownFormat
from source.files import GOLDEN
from source.formats import SUFFIXES

_MOST_BYTES = 255
"""UTF-8 bytes of a file's name: what the usual file systems take."""
_NO_NAME = str.maketrans("", "", '<>:"|?*')  # Windows takes no file with these
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])\s*(?:\.|$)", re.IGNORECASE)  # nor one called so
_NAMELESS = "document"


def document_name(name: str) -> str:
    """What a document is called here whose file is called `name` elsewhere, its folders left off.

    >>> document_name("C:\\\\papers\\\\What is this?.PDF")
    'What is this.PDF'

    Raises UnknownFormat for one that is no document.
    """
    last = _seen(re.split(r"[/\\]", name)[-1])
    suffix = PurePosixPath(last).suffix
    if suffix.lower() not in SUFFIXES:
        raise UnknownFormat(
            f"{last or 'What has no name'} is of no known format; add files that end in {', '.join(SUFFIXES)}."
        )
    stem = last.removesuffix(suffix).translate(_NO_NAME).strip(". ") or _NAMELESS
    found = _within(f"_{stem}" if _DEVICE.match(stem) else stem, suffix)
    if found.casefold() == GOLDEN:
        raise UnknownFormat(
            f"{last} would be taken for golden questions and is no document; give the file another name."
        )
    return found


def numbered(name: str, number: int) -> str:
    """`name` for the first, "name (2).pdf" for the second document of that name, and so on."""
    suffix = PurePosixPath(name).suffix
    return name if number == 1 else _within(name.removesuffix(suffix), f" ({number}){suffix}")


def _seen(name: str) -> str:
    """Without what cannot be seen, or turns what stands beside it; white space is one space."""
    kept = "".join(" " if char.isspace() else char for char in name if char.isspace() or char.isprintable())
    return unicodedata.normalize("NFC", " ".join(kept.split()))


def _within(stem: str, end: str) -> str:
    """The two as one name, the stem cut to what there is room for."""
    room = _MOST_BYTES - len(end.encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip(". ") + end

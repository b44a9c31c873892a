"""Where a copy of a web page came from: its address, and when it was fetched.

A copy (`python -m index fetch`) holds the bytes as they came, so that its offsets and its
SHA-256 are those of what the server sent. What else is known of it stands in a record
beside it: page.html has the record .page.html.origin.json, a hidden file, which no scan
takes for a document.

The record names the SHA-256 of its copy. So the two need not change at the same moment,
and a file that was edited or replaced is no longer passed off as what stands at the address.

The web's own conventions were weighed:

- WARC (ISO 28500) and MHTML keep everything, but in a container: the hash and the offsets
  would be the container's, and no viewer of PDFs or browser opens one (of WARC).
- `<!-- saved from url=(0023)… -->`, which browsers write, changes the bytes, and only HTML can have it.
- The extended attributes of files that curl and wget write (`user.xdg.origin.url`) are lost
  in archives, in mail, in Git and on many drives.
- One list of a folder's copies would have to be locked and rewritten for each of them,
  and a copy that is moved, with its record, would lose its entry.
"""

from __future__ import annotations

import json
import re
import stat
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

LONGEST_ADDRESS = 2048
"""Characters of an address; a longer one is not fetched."""
_ADDRESS = re.compile(r"https?://[^/?#@\s]+(?:[/?#][!-~]*)?")  # without a user's name or password
_VALUE = re.compile(r"[ -~]*")  # is sent to a server, or printed
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LONGEST_VALUE = 1000  # characters
_MOST_BYTES = 1 << 14  # of a record


@dataclass(frozen=True, slots=True)
class Origin:
    """The origin of a copy.

    `address`: without a user's name and password. `fetched`: when, as "2026-11-30T19:40:12+00:00".
    `sha256`: the copy's. `charset`: the encoding that the server named. `etag` and
    `last_modified`: what it named them, to ask whether the page has changed (RFC 9110, §13).
    """

    address: str
    fetched: str
    sha256: str
    charset: str = ""
    etag: str = ""
    last_modified: str = ""

    @property
    def facts(self) -> tuple[str, str, str]:
        """What of it determines a document: the address, the time and the charset."""
        return self.address, self.fetched, self.charset

    def dump(self) -> bytes:
        """The content of a record."""
        return json.dumps(asdict(self), indent=1).encode() + b"\n"


def record_of(path: Path) -> Path:
    """The path of the record of a copy."""
    return path.with_name(f".{path.name}.origin.json")


def origin_of(path: Path) -> Origin | None:
    """The origin in the record of a file; None if it has none, or one that is not a record."""
    record = record_of(path)
    try:
        status = record.lstat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > _MOST_BYTES:
            return None
        return _checked(Origin(**json.loads(record.read_bytes())))
    except (OSError, ValueError, TypeError, RecursionError):
        return None


def is_address(value: object) -> bool:
    """Whether a value is the address of a web page, in printable ASCII and without a user's name or password.

    >>> is_address("https://example.com/a?b"), is_address("javascript:x"), is_address("http://me:secret@example.com/")
    (True, False, False)
    """
    return isinstance(value, str) and len(value) <= LONGEST_ADDRESS and _ADDRESS.fullmatch(value) is not None


def _checked(origin: Origin) -> Origin:
    """The origin, whose values may be anything. Raises ValueError unless they are what they should be."""
    values = (origin.fetched, origin.charset, origin.etag, origin.last_modified)
    if not all(isinstance(each, str) and len(each) <= _LONGEST_VALUE and _VALUE.fullmatch(each) for each in values):
        raise ValueError("A value is not printable text.")
    if not is_address(origin.address) or not _SHA256.fullmatch(origin.sha256):
        raise ValueError("The address or the hash is not one.")
    datetime.fromisoformat(origin.fetched)
    return origin

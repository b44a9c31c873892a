"""What OpenDocument files of every kind (.odt, .ods, .odp) share: encryption, and what their properties state."""

from __future__ import annotations

from typing import Any

from source.archive import Archive
from source.document import Stated
from source.errors import Encrypted
from source.formats.imprint import properties
from source.formats.office.blocks import child, children, own_title, tag
from source.untrusted_text import isolated

_MANIFEST = "META-INF/manifest.xml"
_META = "meta.xml"


def refuse_encrypted(archive: Archive) -> None:
    """Raises Encrypted if the file has a password."""
    if _MANIFEST in archive and b"encryption-data" in archive.read(_MANIFEST):
        raise Encrypted(f"{isolated(archive.shown_as)} is password-protected. Add an unprotected copy.")


def meta_of(archive: Archive) -> Any:
    """The element with the file's properties; None if it has none."""
    return child(archive.xml(_META), "meta") if _META in archive else None


def title_of(meta: Any) -> str:
    """The title in a file's properties; empty if there is none, or only a program's default."""
    title = child(meta, "title")
    return own_title(title.text if title is not None else "")


def stated_of(meta: Any) -> tuple[Stated, ...]:
    """What a file's properties state: its author, and when it was created."""
    found = {tag(each): each.text for each in children(meta)}
    return properties(
        [found.get("initial-creator") or found.get("creator")], found.get("creation-date") or found.get("date")
    )

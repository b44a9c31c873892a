"""Opening an index, wherever it is kept."""

from __future__ import annotations

from pathlib import Path

from index.address import Engine, address_of
from index.errors import IndexCorrupt, IndexIncompatible, IndexMissing
from index.folder_store import FolderStore
from index.store import Store


def open_store(index: str | Path) -> Store:
    """The generation that answers. `index`: a folder, or the address of an engine's (see `index.address`).

    Raises UsageError and the errors of `index.errors`.
    """
    address = address_of(index)
    return address.keeper().open() if isinstance(address, Engine) else FolderStore(address)


def answering(index: str | Path) -> Store | None:
    """The generation of an index that answers, if one does. Raises StoreUnreachable: then nobody knows."""
    try:
        return open_store(index)
    except (IndexMissing, IndexCorrupt, IndexIncompatible):
        return None


def last_build(index: str | Path) -> tuple[list[str], str]:
    """What an index was last made from, and the languages of recognised text; nothing if there is none."""
    store = answering(index)
    return (store.sources()["roots"], store.settings["ocr"]) if store else ([], "")

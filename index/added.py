"""What an index is made from besides its sources: documents that were added to it, less those that are left out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

from index.disk import read
from index.errors import StoreError
from index.layout import Layout
from source import is_unicode, roots_of
from source.files import SourceFile, files_in

_MOST_BYTES = 1 << 26


def sources_of(layout: Layout, sources: Sequence[str | Path]) -> list[Path]:
    """The sources (the shipped documents by default), and the folder of the documents that were added."""
    roots = roots_of(sources)
    added = _folder(layout)
    if added and added.absolute() not in (root.absolute() for root in roots):
        roots.append(added)
    return roots


def added_files(layout: Layout) -> list[SourceFile]:
    """The files that were added. Raises StoreError."""
    added = _folder(layout)
    return files_in([added]) if added else []


def _folder(layout: Layout) -> Path | None:
    """The folder of what was added, if there is one. Raises StoreError if it is, or has, a link."""
    added = layout.added
    for path in chain([added], added.rglob("*")):
        if path.is_symlink():  # who handed on the index would have any file of ours read
            raise StoreError(f"{path} is a link, and what is added to an index is copied into it; delete it.")
    return added if added.is_dir() else None


def left_out(layout: Layout) -> list[str]:
    """The ids of the documents that no build takes, in the order they were removed. Raises StoreError."""
    try:
        ids = json.loads(read(layout.left_out, _MOST_BYTES))
        if isinstance(ids, list) and all(isinstance(id, str) and is_unicode(id) for id in ids):
            return list(dict.fromkeys(ids))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except (OSError, ValueError, RecursionError):
        pass
    raise StoreError(f"{layout.left_out} is no list of documents; mend it, or delete it to take all documents again.")

"""What an index is made from besides its sources: documents that were added to it, less those that are left out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from index.errors import StoreError
from index.layout import Layout
from source import SHIPPED, is_unicode
from source.files import SourceFile, files_in


def roots_of(layout: Layout, sources: Sequence[str | Path]) -> list[Path]:
    """The sources (the shipped documents by default), and the folder of the documents that were added."""
    roots = [Path(source) for source in sources] or [SHIPPED]
    if layout.added.is_dir() and layout.added.absolute() not in (root.absolute() for root in roots):
        roots.append(layout.added)
    return roots


def added_files(layout: Layout) -> list[SourceFile]:
    """The files that were added."""
    return files_in([layout.added]) if layout.added.is_dir() else []


def left_out(layout: Layout) -> list[str]:
    """The ids of the documents that no build takes, in the order they were removed. Raises StoreError."""
    try:
        ids = json.loads(layout.left_out.read_bytes())
        if isinstance(ids, list) and all(isinstance(id, str) and is_unicode(id) for id in ids):
            return list(dict.fromkeys(ids))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except (OSError, ValueError, RecursionError):
        pass
    raise StoreError(f"{layout.left_out} is no list of documents; mend it, or delete it to take all documents again.")

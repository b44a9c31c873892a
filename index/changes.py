"""What became of the documents from one generation to the next."""

from __future__ import annotations

from index.earlier import Read
from index.tables import Rows


def changes_since(read: Read | None, rows: Rows) -> dict[str, int]:
    """How many documents were added, changed and removed since the generation that was read."""
    old = dict(zip(read.ids, map(bytes, read.fingerprints), strict=True)) if read else {}
    new = dict(zip(rows.ids, map(bytes, rows.fingerprints), strict=True))
    return {
        "added": len(new.keys() - old.keys()),
        "changed": sum(old[id] != fingerprint for id, fingerprint in new.items() if id in old),
        "removed": len(old.keys() - new.keys()),
    }

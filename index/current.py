"""The pointer to the generation that answers."""

from __future__ import annotations

from index.disk import read
from index.errors import REBUILD, IndexMissing
from index.layout import Layout


def read_current(layout: Layout) -> tuple[str, str]:
    """The name of the generation that answers and its manifest's SHA-256. Raises IndexMissing."""
    try:
        text = read(layout.current, 200).decode("ascii")
        name, sha256 = text.split()
    except FileNotFoundError:
        raise IndexMissing(f"There is no index in {layout.root}; run `python -m index build` to make it.") from None
    except (OSError, ValueError):
        raise _unsaid(layout) from None
    if not name.isalnum() or len(sha256) != 64 or text != f"{name} {sha256}\n":  # the name becomes a path
        raise _unsaid(layout)
    return name, sha256


def _unsaid(layout: Layout) -> IndexMissing:
    return IndexMissing(f"The index in {layout.root} does not say which generation is current; {REBUILD}.")

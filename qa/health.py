"""Whether an index that answers could be opened again."""

from __future__ import annotations

from index import Store
from qa.edition import Edition


def check_index(edition: Edition) -> None:
    """Opens what the index folder holds now. Raises IndexMissing, IndexCorrupt or IndexIncompatible.

    An edition goes on to answer from what it has open, even if its folder is
    gone; a program that is started anew could not.
    """
    Store(edition.store.root, edition.store)

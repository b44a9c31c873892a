"""Whether an index that answers could be opened again."""

from __future__ import annotations

from qa.edition import Edition


def check_index(edition: Edition) -> None:
    """Opens what the index holds now. Raises a StoreError.

    An edition goes on to answer from what it has open, even if its index is
    gone; a program that is started anew could not.
    """
    edition.store.reopened()

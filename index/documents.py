"""The documents of an index as a list shows them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from index.store import Store
from source import Doubt

_MOST_TITLES = 5000  # documents that are looked through for words of a title, at some 30 µs each


@dataclass(frozen=True, slots=True)
class Listed:
    """A document in a list.

    `format`: "pdf", "md", … as its file's name ends. `pages`: how many; None where the
    format has none. `passages`: how many.
    """

    id: str
    title: str
    path: str
    format: str
    pages: int | None
    passages: int
    doubts: tuple[Doubt, ...]

    def json(self) -> dict[str, Any]:
        """What `python -m index documents --json` prints of it, and `/documents` gives."""
        return {name: getattr(self, name) for name in ("id", "title", "path", "format", "pages", "passages")}


def listed(store: Store, rows: Sequence[int]) -> Iterator[Listed]:
    """The documents in these rows; nothing is read of others."""
    for row, facts in zip(rows, store.rows.facts(rows), strict=True):
        yield Listed(
            id=facts.id,
            title=facts.title,
            path=facts.path,
            format=PurePosixPath(facts.path).suffix.lower().removeprefix("."),
            pages=facts.pages,
            passages=len(store.passages_in(row)),
            doubts=facts.doubts,
        )


def matching(store: Store, words: str = "") -> Sequence[int]:
    """The rows of the documents with these words in their ids or titles; in a large collection, in their ids alone."""
    wanted = _plain(words)
    if not wanted:
        return range(store.documents)
    if store.documents > _MOST_TITLES:
        return [row for row, id in enumerate(store.rows.ids()) if wanted in _plain(id)]
    facts = enumerate(store.rows.facts(range(store.documents)))
    return [row for row, each in facts if wanted in _plain(each.id) or wanted in _plain(each.title)]


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()

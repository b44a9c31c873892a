"""What the rows of each table hold, from the generation of a folder; `index.lance.tables` has the columns."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

import numpy as np

from index.folder_store import FolderStore
from index.lance.documents import dump_facts
from index.lance.keys import of_digest, of_document, of_term
from index.lance.tables import CORNERS_TOGETHER
from source.document_json import load_facts

Record = dict[str, Any]
_CHUNK = 1 << 10  # passages
_PLACES = 64  # of a sentence that stands more often: nobody is told of more


def passages(folder: FolderStore) -> Iterator[Record]:
    """A row for each passage."""
    again = np.zeros(len(folder.sentence_rows), np.int64)
    again[folder.repeats.all()[:, 1]] = 1
    for start in range(0, len(folder), _CHUNK):
        rows = np.arange(start, min(start + _CHUNK, len(folder)))
        places = folder.passages.take(rows)
        texts = places[:, 3]
        packed, counts = folder.texts.packed(texts), folder.texts.counts(texts)
        for place, vector, tokens, terms in zip(places, folder.vectors.of(rows), packed, counts, strict=True):
            document, first, last, _ = map(int, place)
            yield {
                "document": document,
                "sentences": np.column_stack([folder.sentence_rows[first:last], again[first:last]]).tobytes(),
                "terms": " ".join(term for term, count in terms.items() for _ in range(count)),
                "vector": vector,
                "tokens": tokens.tobytes(),
            }


def documents(folder: FolderStore) -> Iterator[Record]:
    """A row for each document."""
    of_passages = folder.passages[0 : len(folder)][:, 0]
    ends = np.searchsorted(of_passages, np.arange(folder.documents + 1))
    corner = 0
    for row in range(folder.documents):
        line = folder.rows.line(row)
        facts = load_facts(line)
        together = _corners_of(folder, row)
        yield {
            "id": facts.id,
            "first": int(ends[row]),
            "last": int(ends[row + 1]),
            "facts": dump_facts(facts),
            "corner": corner if together else -1,
            "line": line,
        }
        corner += together


def corners(folder: FolderStore) -> Iterator[Record]:
    """Rows for each document that has corners, one document after another."""
    for row in range(folder.documents):
        number, first = folder.rows.first_corner(row)
        for start in range(_corners_of(folder, row)):
            at, end = start * CORNERS_TOGETHER, min((start + 1) * CORNERS_TOGETHER, _length(folder, row))
            yield {"data": folder.segments[number].corners[first + at : first + end].tobytes()}


def _corners_of(folder: FolderStore, row: int) -> int:
    """How many rows the corners of a document take."""
    return -(-_length(folder, row) // CORNERS_TOGETHER) if folder.rows.first_corner(row)[1] >= 0 else 0


def _length(folder: FolderStore, row: int) -> int:
    return len(folder.document(row).text)


def keys(folder: FolderStore) -> dict[str, Any]:
    """What the hash table has."""
    found: dict[str, Any] = {of_term(term): count for term, count in folder.lexical.vocabulary()}
    found |= {of_document(id): row for row, id in enumerate(folder.rows.ids())}
    places = folder.passages[0 : len(folder)]
    for digest, repeats in groupby(folder.repeats.all().tolist(), key=lambda each: each[0]):
        found[of_digest(digest)] = _places(folder, places, [row for _, row in repeats][:_PLACES])
    return found


def _places(folder: FolderStore, passages: Any, sentences: list[int]) -> Any:
    """Document, start and end of each of these sentences."""
    spans = folder.sentence_rows.take(np.array(sentences))
    of = passages[np.searchsorted(passages[:, 1], sentences, "right") - 1, 0]
    return np.column_stack([of, spans]).tolist()

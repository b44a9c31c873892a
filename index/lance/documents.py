"""The documents of a generation in LanceDB: facts and full texts, fetched separately."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from index.lance.keys import Keys, of_document
from index.lance.sealed_rows import SealedRows, SealedTable
from index.lance.tables import DOCUMENTS, LINES, Values
from source import Document, DocumentFacts, Doubt, DoubtKind, load_document

_FACTS, _DOCUMENTS = 1 << 22, 1 << 26  # bytes cached in memory
_TOGETHER = 1 << 12  # rows of a list fetched in one request


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A document without its text. `passages`: the rows of its passages."""

    facts: DocumentFacts
    passages: range

    @classmethod
    def of(cls, row: int, values: Values) -> DocumentRow:
        """Decodes a row of the column `DOCUMENTS`."""
        id, first, last, facts = values
        title, path, pages, doubts, *further = json.loads(facts)
        found = tuple(Doubt(DoubtKind(kind), page, count) for kind, page, count in doubts)
        authors, *stated = further or [()]  # tables of earlier versions have none
        return cls(DocumentFacts(id, title, path, pages, found, tuple(authors), *stated), range(first, last))


@dataclass(frozen=True, slots=True)
class TextRow:
    """A document with its text. `corner`: the row of its first corners, or -1 if it has none."""

    document: Document
    corner: int

    @classmethod
    def of(cls, row: int, values: Values) -> TextRow:
        """Decodes a row of the column `LINES`."""
        corner, line = values
        return cls(load_document(line), corner)


def dump_facts(facts: DocumentFacts) -> bytes:
    """Encodes facts, without the id, as JSON for `DocumentRow.of`."""
    doubts = [(doubt.kind, doubt.page, doubt.count) for doubt in facts.doubts]
    further = (facts.authors, facts.date, facts.version, facts.sha256, facts.extractor, facts.address, facts.fetched)
    return json.dumps([facts.title, facts.path, facts.pages, doubts, *further], ensure_ascii=False).encode()


class LanceDocuments:
    """The documents of a generation; implements `index.store.Documents`. `count`: their number."""

    def __init__(self, table: SealedTable, keys: Keys, count: int) -> None:
        self._keys, self._count = keys, count
        self._rows = SealedRows(table, DOCUMENTS, DocumentRow.of, _FACTS)
        self.texts = SealedRows(table, LINES, TextRow.of, _DOCUMENTS)

    def __len__(self) -> int:
        return self._count

    def __contains__(self, id: str) -> bool:
        return bool(self._keys.find([of_document(id)]))

    def row(self, id: str) -> int:
        found = self._keys.find([of_document(id)])
        if not found:
            raise KeyError(id)
        return int(found[of_document(id)])

    def ids(self) -> list[str]:
        return [each.id for each in self.facts(range(self._count))]

    def facts(self, rows: Iterable[int]) -> Iterator[DocumentFacts]:
        remaining = iter(rows)
        while batch := list(islice(remaining, _TOGETHER)):
            yield from (each.facts for each in self._rows.get(batch))

    def passages(self, row: int) -> range:
        """The rows of the passages of a document."""
        return self._rows.one(row).passages

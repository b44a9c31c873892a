"""`.jsonl` collections: one `{"id", "title"?, "text"}` object a line (BEIR's `_id` too)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from source.document import Document
from source.encoding import is_unicode
from source.errors import BadCollection, SourceEmpty
from source.formats.plain import read_plain
from source.places import LONGEST_TITLE
from source.quality import doubts_of

_LONGEST_LINE = 64 << 20  # bytes


@dataclass(frozen=True)
class JsonlRecord:
    """A line of a collection; what it says is read when it is asked for."""

    line: bytes
    where: str
    path: str

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.line).hexdigest()

    @cached_property
    def id(self) -> str:
        """Raises BadCollection, naming the line."""
        id = self._fields.get("id", self._fields.get("_id"))
        if not isinstance(id, str | int) or isinstance(id, bool) or id == "":
            raise BadCollection(f'{self.where}: there is no "id"; give every object one of its own.')
        if len(str(id)) > LONGEST_TITLE:
            raise BadCollection(f'{self.where}: the "id" has more than {LONGEST_TITLE:,} characters; shorten it.')
        return str(id)

    def document(self) -> Document:
        """Raises BadCollection, naming the line, for anything that is not such an object."""
        id, text, title = self.id, self._fields.get("text"), self._fields.get("title") or ""
        if not isinstance(text, str) or not isinstance(title, str):
            raise BadCollection(f'{self.where}: "text" and "title" must be strings; mend the line.')
        if not is_unicode(f"{id}{title}{text}"):
            raise BadCollection(f"{self.where}: half of a surrogate pair stands alone; mend the line's \\u escapes.")
        document = read_plain(text, id=id, title=title, path=self.path, sha256=self.sha256)
        return replace(document, doubts=tuple(doubts_of(text, ())))

    @cached_property
    def _fields(self) -> dict[str, Any]:
        return _parse(self.line, self.where)


def records(path: Path, shown_as: str) -> Iterator[JsonlRecord]:
    """The lines of a collection, in the file's order, one in memory at a time. Raises SourceEmpty if there are none."""
    found = False
    with path.open("rb") as file:
        for number, line in enumerate(iter(partial(file.readline, _LONGEST_LINE + 1), b""), start=1):
            where = f"{shown_as}, line {number}"
            if len(line) > _LONGEST_LINE:
                raise BadCollection(f"{where} has more than {_LONGEST_LINE >> 20} MB; give it to several objects.")
            if line.strip():
                found = True
                yield JsonlRecord(line.rstrip(b"\r\n"), where, shown_as)
    if not found:
        raise SourceEmpty(f"{shown_as} is empty; put text into it or leave it out.")


def ids_in(path: Path, shown_as: str) -> Iterator[str]:
    """The ids of a collection's documents. Raises as `records`, and BadCollection."""
    return (record.id for record in records(path, shown_as))


def _parse(line: bytes, where: str) -> dict[str, Any]:
    try:
        record = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise BadCollection(f"{where} is not JSON in UTF-8; put one whole object on each line.") from error
    if not isinstance(record, dict):
        raise BadCollection(f'{where} is not an object; write {{"id": …, "text": …}}.')
    return record

"""`.jsonl` collections: one `{"id", "title"?, "text"}` object per line (BEIR's `_id` is accepted too)."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from source.document import Document
from source.encoding import is_unicode
from source.errors import BadCollection, SourceEmpty
from source.forking import lazy_property
from source.formats.imprint import properties, with_imprint
from source.formats.plain import read_plain
from source.limits import check_amounts
from source.places import LONGEST_TITLE
from source.quality import doubts_of
from source.untrusted_text import isolated
from source.waiting import OnWait, do_nothing

_LONGEST_LINE = 64 << 20  # bytes


@dataclass(frozen=True, slots=True)
class JsonlLines:
    """Lines of a collection: the range of their bytes in the file (half-open), and the number of the first, from 1."""

    start: int
    end: int
    number: int

    def __len__(self) -> int:
        return self.end - self.start


ALL = JsonlLines(0, sys.maxsize, 1)
"""All lines of a collection."""


@dataclass(frozen=True)
class JsonlRecord:
    """A line of a collection, parsed when its content is needed."""

    line: bytes
    lines: JsonlLines
    path: str

    @property
    def where(self) -> str:
        """The file and line, for errors."""
        return _place(self.path, self.lines.number)

    @lazy_property
    def sha256(self) -> str:
        """The hash of the line, in hexadecimal."""
        return hashlib.sha256(self.line).hexdigest()

    @lazy_property
    def id(self) -> str:
        """The document's id. Raises BadCollection, naming the line."""
        id = self._fields.get("id", self._fields.get("_id"))
        if not isinstance(id, str | int) or isinstance(id, bool) or id == "":
            raise BadCollection(f'{self.where}: "id" is missing. Give every object its own id.')
        if len(str(id)) > LONGEST_TITLE:
            raise BadCollection(f'{self.where}: "id" is longer than {LONGEST_TITLE:,} characters. Shorten it.')
        return str(id)

    def document(self) -> Document:
        """The document in the line. Raises BadCollection, naming the line, if it is invalid."""
        id, text, title = self.id, self._fields.get("text"), self._fields.get("title") or ""
        if not isinstance(text, str) or not isinstance(title, str):
            raise BadCollection(f'{self.where}: "text" and "title" must be strings.')
        if not is_unicode(f"{id}{title}{text}"):
            raise BadCollection(f"{self.where}: a \\u escape is half of a surrogate pair. Fix the escapes.")
        document = read_plain(text, id=id, title=title, path=self.path, sha256=self.sha256)
        check_amounts(document, len(self.line), f"{self.path}, line {self.lines.number}")
        author = self._fields.get("authors", self._fields.get("author"))
        stated = properties(author if isinstance(author, list) else [author], self._fields.get("date"))
        return with_imprint(replace(document, doubts=tuple(doubts_of(text, ())), stated=stated))

    @lazy_property
    def _fields(self) -> dict[str, Any]:
        return _parse(self.line, self.where)


def records(path: Path, shown_as: str, lines: JsonlLines = ALL, on_wait: OnWait = do_nothing) -> Iterator[JsonlRecord]:
    """The records in these lines of a collection, in the file's order, one in memory at a time.

    Raises SourceEmpty if there are none, and BadCollection for a line that is too long.
    """
    is_empty, at, number = True, lines.start, lines.number
    with path.open("rb") as file:
        file.seek(at)
        while line := file.readline(min(_LONGEST_LINE + 1, lines.end - at)):
            on_wait()
            if len(line) > _LONGEST_LINE:
                where = _place(shown_as, number)
                raise BadCollection(f"{where} is longer than {_LONGEST_LINE >> 20} MB. Split it into several objects.")
            own = JsonlLines(at, at + len(line), number)
            at, number = own.end, number + 1
            if line.isspace():
                while blank := _blank_lines(file.peek(1)[: lines.end - at]):  # there may be millions
                    on_wait()
                    at, number = at + blank, number + file.read(blank).count(b"\n")
            else:
                is_empty = False
                record = JsonlRecord(line.rstrip(b"\r\n"), own, shown_as)
                del line  # it may be long
                yield record
    if is_empty:
        raise SourceEmpty(f"{isolated(shown_as)} is empty.")


def _blank_lines(block: bytes) -> int:
    """The size in bytes of the blank lines at the start of a block."""
    return block.rfind(b"\n", 0, len(block) - len(block.lstrip())) + 1


def _place(shown_as: str, number: int) -> str:
    return f"{isolated(shown_as)}, line {number}"


def _parse(line: bytes, where: str) -> dict[str, Any]:
    try:
        record = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise BadCollection(f"{where} is not JSON in UTF-8. Put one complete object on each line.") from error
    if not isinstance(record, dict):
        raise BadCollection(f'{where} is not a JSON object. Write {{"id": …, "text": …}}.')
    return record

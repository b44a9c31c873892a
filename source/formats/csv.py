"""CSV and TSV: the text is the file itself; each record is a paragraph, and the first may name the columns.

It is our own parser because those of Python's `csv` and of clevercsv give cells
without their offsets, and quotes need offsets. `csv.Sniffer` also guessed the
dialect of 7 of 53 files wrong.

>>> document = read_csv(b'ship,built\\nErik,1902\\n"Two\\nBrothers",1911\\n', id="ships.csv")
>>> [document.text[span.start : span.end] for span in document.quotable()]
['Erik,1902', '"Two\\nBrothers",1911']
>>> document.place(document.text.index("Two")).heading
('ship | built',)
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from source.document import Document, Doubt, DoubtKind, Region, RegionKind
from source.encoding import decode
from source.errors import SourceEmpty
from source.formats.tables import NUMBER, YEAR, joined_names
from source.places import HEADER_LEVEL, Heading, Places
from source.spans import Span, trim
from source.untrusted_text import isolated

EXTRACTOR = "csv/3"

_DELIMITERS = "\t;|,"  # the first wins a tie: commas also occur in prose and in numbers
_SAMPLE = 100  # records from which the delimiter and the header are guessed
_CONSISTENT = 0.6  # share of these that must have the same number of cells; otherwise there is one column
_LONGEST_NAME = 40  # characters of a column's name, if only its length suggests that it is one
_VALUE = re.compile(r"@|://")  # occurs in values, not in the names of columns
_WORD = re.compile(r"[^\W_]")


def read_csv(data: bytes, *, id: str, title: str = "", path: str = "", sha256: str = "", charset: str = "") -> Document:
    """Extracts a Document from a CSV file with any of the usual delimiters and RFC 4180 quotes.

    A quote that is never closed ends with its line. `charset`: the encoding that its server named.
    Raises NotText or SourceEmpty.
    """
    text, undecodable = decode(data, path or id, charset)
    delimiter = _delimiter(text)
    matches = list(_records(text, delimiter))
    if not matches:
        raise SourceEmpty(f"{isolated(path or id)} contains no text.")
    rows = _without_empty_end([_cells(match.group(), delimiter) for match in matches[:_SAMPLE]])
    at = first_of_table(rows)
    headed = is_header(rows[at], rows[at + 1 :])
    head = trim(text, Span(*matches[at].span()))
    return Document(
        id=id,
        title=title or id,
        path=path,
        sha256=sha256,
        extractor=EXTRACTOR,
        text=text,
        regions=(Region(head, RegionKind.HEADING),) if headed and is_unlike(rows[at + 1 :]) else (),
        places=Places(
            paragraphs=tuple(trim(text, Span(*match.span())) for match in matches),
            headings=(Heading(head.start, HEADER_LEVEL, joined_names(rows[at]), len(text)),) if headed else (),
        ),
        doubts=tuple(_doubts(matches, undecodable)),
    )


def _doubts(matches: list[re.Match[str]], undecodable: int) -> Iterator[Doubt]:
    if any(any(match.groups()) for match in matches):
        yield Doubt(DoubtKind.TRUNCATED)
    if undecodable:
        yield Doubt(DoubtKind.UNDECODABLE, count=undecodable)


def _delimiter(text: str) -> str:
    """The delimiter that splits the first records into the same number of cells most consistently."""
    best_score, best = (_CONSISTENT, 1), _DELIMITERS[-1]
    for delimiter in _DELIMITERS:
        counts = Counter(len(_cells(m.group(), delimiter)) for m in islice(_records(text, delimiter), _SAMPLE))
        cells, records = counts.most_common(1)[0] if counts else (1, 1)
        if cells > 1 and (records / counts.total(), cells) > best_score:
            best_score, best = (records / counts.total(), cells), delimiter
    return best


def _cell(delimiter: str) -> str:
    """The pattern of a cell. Its group matches only if the file ends before the cell's quote is closed.

    A quote opens a cell only if another one, right before a delimiter or a line's end,
    closes it; any other quote is an ordinary character, as in TSV. The quantifiers are
    possessive, so that matching takes linear time.
    """
    end = re.escape(delimiter) + r"\r\n"
    opened = r' *+"(?:[^"]++|"")*+'
    return rf'(?>{opened}"(?=[{end}]|\Z)|((?={opened}\Z) *+")?[^{end}]*+)'


def _records(text: str, delimiter: str) -> Iterator[re.Match[str]]:
    """The records that contain a word."""
    cell = _cell(delimiter)
    record = re.compile(rf"{cell}(?:{re.escape(delimiter)}{cell})*+")
    at = 0
    while at < len(text) and (match := record.match(text, at)):
        if _WORD.search(text, at, match.end()):
            yield match
        at = match.end() + 1


def _cells(record: str, delimiter: str) -> list[str]:
    """The text of each cell, without quotes and with white space collapsed."""
    pattern = rf"(?:\A|{re.escape(delimiter)})(?P<cell>{_cell(delimiter)})"
    return [_bare(match["cell"]) for match in re.finditer(pattern, record)]


def _bare(cell: str) -> str:
    cell = cell.strip()
    if cell.startswith('"') and cell.endswith('"'):
        cell = cell[1:-1].replace('""', '"')
    return " ".join(cell.split())


def _without_empty_end(rows: list[list[str]]) -> list[list[str]]:
    """The rows without the columns at the end that are empty in all of them: each line may end with a delimiter."""
    width = max(number for row in rows for number, cell in enumerate([" ", *row]) if cell)
    return [row[:width] for row in rows]


def first_of_table(rows: list[list[str]]) -> int:
    """The index of the first row in which most cells are filled; a title or a note may precede the table."""
    width = Counter(map(len, rows)).most_common(1)[0][0]
    filled = (2 * sum(map(bool, row)) > width for row in rows)
    return next((index for index, is_filled in enumerate(filled) if is_filled), 0)


def is_header(first: list[str], rows: list[list[str]]) -> bool:
    """Whether a record names the columns of the following ones.

    Its cells must be names: non-empty (the first may be empty, above row numbers),
    all different, not numbers (except years, above a column without years), and not
    repeated below. Besides, a column below must be mostly numbers, or all names short.
    """
    if not rows or "" in first[1:] or len(set(first)) < len(first):
        return False
    columns = _columns(rows, len(first))
    if not all(_is_name(cell, column) for cell, column in zip(first, columns, strict=True)):
        return False
    return any(map(_mostly_numbers, columns)) or (len(first) > 1 and max(map(len, first)) <= _LONGEST_NAME)


def is_unlike(rows: list[list[str]]) -> bool:
    """Whether a column is mostly numbers, so that a header over these rows is certain; otherwise it stays quotable."""
    return any(map(_mostly_numbers, _columns(rows, max(map(len, rows)))))


def _columns(rows: list[list[str]], count: int) -> list[list[str]]:
    return [[row[number] for row in rows if number < len(row)] for number in range(count)]


def _is_name(cell: str, column: list[str]) -> bool:
    if NUMBER.fullmatch(cell):
        return bool(YEAR.fullmatch(cell)) and not any(map(YEAR.fullmatch, column))
    return not _VALUE.search(cell) and cell not in column


def _mostly_numbers(column: list[str]) -> bool:
    return 2 * sum(bool(NUMBER.fullmatch(cell)) for cell in column) > len(column)

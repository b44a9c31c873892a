"""AsciiDoc (.adoc): section titles, and the text of the file; listings, comments and attributes are marked.

>>> document = read_asciidoc("= Harbours\\nAnna Berg\\n\\n== Ships\\n\\nTwo sail.\\n", id="a.adoc")
>>> document.title, document.authors, document.place(document.text.index("Two")).heading
('Harbours', ('Anna Berg',), ('Harbours', 'Ships'))
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from source.document import Document
from source.formats.imprint import properties
from source.formats.markup.lines import BLANK, CODE, ITEM, MARKUP, TEXT, LineKind, MarkedLine, lines_of, marked_document
from source.spans import Span

EXTRACTOR = "asciidoc/1"

_TITLE = re.compile(r"(={1,6}|#{1,6})[ \t]+(\S.*)")
_FENCE = re.compile(r"(-{4,}|\.{4,}|\+{4,}|/{4,}|`{3,})\Z")  # what is between two isn't prose
_FRAME = re.compile(r"(?:={4,}|\*{4,}|_{4,}|--|\|===|,===|:===|!===)\Z")
_ATTRIBUTE = re.compile(r":!?[\w-]{1,60}!?:(?:\s|\Z)")
_AUTHOR = re.compile(r"[^\W\d_][\w.'’-]*(?: [^\W\d_][\w.'’-]*){0,3}(?: <[^<>]{1,200}>)?\Z")
_BLOCK = re.compile(r"\[[^\]]*\]\Z|\.[^\s.].*|(?:include|image|toc|ifdef|ifndef|endif|ifeval|video|audio)::")
_ITEM = re.compile(r"(?:\*{1,5}|-|\.{1,5}|\d{1,4}\.|<\d{1,3}>)\s+\S|\S.{0,100}::\s")
_DATE = re.compile(r"(?:v[\d.]+,\s*)?(\d{4}-\d{2}-\d{2})\b")


def read_asciidoc(text: str, *, id: str, title: str = "", path: str = "", sha256: str = "") -> Document:
    """Extracts a Document from an AsciiDoc file. Raises SourceEmpty."""
    lines = lines_of(text)
    header = _header(lines)
    author = next((line.partition(" <")[0] for line in header[1:2] if _AUTHOR.match(line)), "")
    date = next((found[1] for line in header[1:3] if (found := _DATE.match(line))), "")
    own = header[0].lstrip("=# \t") if header else title
    facts = {"id": id, "title": own, "path": path, "sha256": sha256}
    stated = properties([author], date)
    return marked_document(text, lines, _kinds(lines, len(header)), extractor=EXTRACTOR, stated=stated, **facts)


def _header(lines: Sequence[tuple[Span, str]]) -> list[str]:
    """The lines of the document's title and what is right below it; none if the file doesn't start with a title."""
    found: list[str] = []
    for _, line in lines:
        if not found and not line.startswith(("= ", "# ")):
            return []
        if not line:
            break
        found.append(line)
    return found


def _kinds(lines: Sequence[tuple[Span, str]], header: int) -> Iterator[MarkedLine]:
    fence, in_table, first_row = "", False, False
    for at, (_, line) in enumerate(lines):
        if fence:
            yield MARKUP if line == fence else CODE if line and not fence.startswith("/") else MARKUP if line else BLANK
            fence = "" if line == fence else fence
        elif _FENCE.match(line):
            fence = line
            yield MARKUP
        elif _FRAME.match(line):
            in_table = line.startswith("|") and not in_table
            first_row = in_table
            yield MARKUP
        elif in_table and line.startswith("|"):
            ends = at + 1 < len(lines) and not lines[at + 1][1]
            cells = " | ".join(cell.strip() for cell in line.split("|") if cell.strip())
            yield MarkedLine(LineKind.HEAD, title=cells) if first_row and ends and cells.count("|") else ITEM
            first_row = False
        else:
            yield MARKUP if 0 < at < header else _kind(line)


def _kind(line: str) -> MarkedLine:
    if not line:
        return BLANK
    if title := _TITLE.match(line):
        return MarkedLine(LineKind.HEADING, len(title[1]), " ".join(title[2].split()))
    if line.startswith("//") or _ATTRIBUTE.match(line) or _BLOCK.match(line) or line in ("+", "'''", "<<<"):
        return MARKUP
    return ITEM if _ITEM.match(line) else TEXT

"""Plain text: finds paragraphs, headings and boilerplate by layout alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from source.document import Document, Region, RegionKind
from source.formats.boilerplate import find_boilerplate
from source.places import Heading, Places
from source.spans import Span, subtract, trim

EXTRACTOR = "plain/6"

_LINE = re.compile(r"[^\r\n]+")
# Atomic, because otherwise a single \r\n would match as a \r and a \n with nothing between them.
_BREAK = re.compile(r"(?>\r\n|\r|\n)[^\S\r\n]*(?>\r\n|\r|\n)\s*")
_LIST_ITEM = re.compile(
    r"\s*(?:\(?\d{1,3}[.)]|\(?[a-zA-Zа-яА-Я][.)]|[-*+•·‣◦–—]|(?:§\s?)?\d{1,3}(?:\.\d{1,3})+[.)]?)\s+\S"
)
_RULE = re.compile(r"\s*([-=_*~#+.])(?:\s*\1){3,}\s*")
_UNDERLINE = re.compile(r"\s*([=\-~^*#])\1{2,}\s*")
_NUMBERED = re.compile(r"\s*(\d+(?:\.\d+)*)\.?\s+\S")
_MULTILEVEL = re.compile(r"\s*\d+(?:\.\d+)+\.?\s+\S")
_DIVISION = re.compile(
    r"\s*(?:chapter|book|part|section|appendix|volume|act|scene|глава|часть|раздел|том|книга"
    r"|kapitel|teil|chapitre|partie|capítulo|parte)\s+[\w.]+|\s*第.{1,6}[章节部卷篇回]",
    re.IGNORECASE,
)
_DIVISION_LEVEL = re.compile(r"\s*(?:book|part|volume|том|книга|часть|teil|partie|parte)\b|\s*第.{1,6}[部卷]", re.I)
_TERMINAL = re.compile(r"[.!?;:,…。！？；：，、][\"'”’»)\]]*$")
_LONGEST_HEADING = 100  # characters
_LONGEST_TITLE = 200
_UNNUMBERED_LEVEL = 9
_CONTENTS = 0.5  # minimum share of a table of contents that consists of titles of headings
_TITLE_KEY = 12  # leading characters by which titles are looked up
_TITLE_LINES = 3
_UNWRAPPED = 120  # a line longer than this was not wrapped by hand: each line is a paragraph


def read_plain(text: str, *, id: str, title: str = "", path: str = "", sha256: str = "") -> Document:
    """Extracts a Document from plain text; its text is `text`, unchanged.

    `title` is used if the text has no headline of its own.
    """
    blocks = list(_blocks(text))
    headline = _headline(text, blocks)
    boilerplate = find_boilerplate(text, blocks, headline)
    rules = [Region(Span(*m.span()), RegionKind.MARKUP) for m in _LINE.finditer(text) if _RULE.fullmatch(m.group())]
    clean = [b for b in (trim(text, s) for s in subtract(blocks, [r.span for r in boilerplate + rules])) if b]
    headings = list(_headings(text, clean, headline))
    regions = boilerplate + rules + [Region(span, RegionKind.HEADING) for span, _ in headings]
    heading_spans = [span for span, _ in headings]
    body = [b for b in (trim(text, s) for s in subtract(clean, heading_spans)) if b]
    paragraphs = [p for b in body for p in _paragraphs(text, b)]
    regions += _contents(text, paragraphs, [heading for _, heading in headings])
    attributions = [r.span for r in boilerplate if r.kind.in_passages]
    return Document(
        id=id,
        title=_collapse(text[headline.start : headline.end]) if headline else title or id,
        path=path,
        sha256=sha256,
        extractor=EXTRACTOR,
        text=text,
        regions=tuple(sorted(regions, key=lambda region: region.span)),
        places=Places(
            paragraphs=tuple(sorted(paragraphs + attributions)),
            headings=tuple(heading for _, heading in headings),
        ),
    )


def _contents(text: str, paragraphs: Iterable[Span], headings: Iterable[Heading]) -> list[Region]:
    """Tables of contents: paragraphs that consist of the titles of headings further down, word for word."""
    last: dict[str, int] = {}  # where the last heading with this title starts
    lengths: dict[str, set[int]] = {}  # of the titles with this key, so that lines aren't compared with every title
    for heading in headings:
        title = heading.title.casefold()
        last[title] = heading.start
        lengths.setdefault(title[:_TITLE_KEY], set()).add(len(title))
    return [Region(span, RegionKind.NAVIGATION) for span in paragraphs if _is_contents(text, span, last, lengths)]


def _is_contents(text: str, span: Span, last: dict[str, int], lengths: dict[str, set[int]]) -> bool:
    matched = 0  # characters
    lines = [_collapse(match.group()).casefold() for match in _LINE.finditer(text, span.start, span.end)]
    for number, line in enumerate(lines):
        entry = " ".join(lines[number : number + _TITLE_LINES])
        titles = (length for length in lengths.get(line[:_TITLE_KEY], ()) if last.get(entry[:length], 0) > span.start)
        if longest := max(titles, default=0):
            matched += longest + 1
    return matched > _CONTENTS * sum(len(line) + 1 for line in lines)


def _collapse(text: str) -> str:
    return " ".join(text.split())


def _blocks(text: str) -> Iterator[Span]:
    """The blocks of text between blank lines, trimmed."""
    start = 0
    for gap in _BREAK.finditer(text):
        if block := trim(text, Span(start, gap.start())):
            yield block
        start = gap.end()
    if block := trim(text, Span(start, len(text))):
        yield block


def _headline(text: str, blocks: list[Span]) -> Span | None:
    """The first block, if it is a single line that doesn't end like a sentence and isn't a division ("CHAPTER I")."""
    if len(blocks) < 2:
        return None
    first = blocks[0]
    line = text[first.start : first.end]
    if len(line) > _LONGEST_TITLE or "\n" in line or "\r" in line or _TERMINAL.search(line):
        return None
    if _DIVISION.match(line):
        return None
    return first if any(char.isalpha() for char in line) else None


def _headings(text: str, blocks: list[Span], headline: Span | None) -> Iterator[tuple[Span, Heading]]:
    """Each heading with its span (which includes its underline)."""
    for block, following in pairwise([*blocks, Span(len(text), len(text))]):
        if block == headline:
            yield block, Heading(block.start, 1, _collapse(text[block.start : block.end]))
            continue
        lines = [
            Span(block.start + m.start(), block.start + m.end()) for m in _LINE.finditer(text[block.start : block.end])
        ]
        first = lines[0]
        line = text[first.start : first.end]
        underlined = len(lines) > 1 and _UNDERLINE.fullmatch(text[lines[1].start : lines[1].end])
        if underlined:
            yield Span(first.start, lines[1].end), Heading(first.start, _level(line), _collapse(line))
        elif _looks_like_heading(text[block.start : block.end], text[following.start : following.end]):
            title = _collapse(text[block.start : block.end])
            yield block, Heading(block.start, _level(title), title)


def _looks_like_heading(block: str, following: str) -> bool:
    if len(block) > _LONGEST_HEADING or not any(char.isalpha() for char in block):
        return False
    if _MULTILEVEL.match(block) and not _MULTILEVEL.match(following) and not _is_clause(block):
        return True  # "8.1.2. APT", on one line or two, even as a question
    if "\n" in block or "\r" in block or len(following) <= 2 * len(block):
        return False
    if _DIVISION.match(block):
        return True
    if _TERMINAL.search(block) or _LIST_ITEM.match(following) or _LIST_ITEM.match(block):
        return False
    return not next(char for char in block if char.isalpha()).islower()


def _is_clause(block: str) -> bool:
    """Whether a numbered block is text: a sentence ("4.2 Tickets are not transferable."), or several clauses."""
    return block.endswith((".", ";", "。")) or any(_MULTILEVEL.match(line) for line in block.splitlines()[1:])


def _level(line: str) -> int:
    """The level of a heading: 2 for a part, 3 for a chapter or "2. A", 4 for "2.1 B", the lowest without a number.

    Level 1 is the document's headline.
    """
    if _DIVISION.match(line):
        return 2 if _DIVISION_LEVEL.match(line) else 3
    numbered = _NUMBERED.match(line)
    return 3 + numbered.group(1).count(".") if numbered else _UNNUMBERED_LEVEL


def _paragraphs(text: str, block: Span) -> Iterator[Span]:
    """The paragraphs inside a block, which has no blank lines.

    A paragraph starts at a list item, after a line too long to have been wrapped
    by hand, and at a line that begins with a capital after one that ends well
    short of the block's width.
    """
    lines = [
        Span(block.start + m.start(), block.start + m.end()) for m in _LINE.finditer(text[block.start : block.end])
    ]
    width = max(len(line) for line in lines)
    start = lines[0].start
    for line, following in pairwise(lines):
        next_line = text[following.start : following.end]
        short = len(line) < 0.6 * width and next_line.lstrip()[:1].isupper()
        if len(line) > _UNWRAPPED or len(following) > _UNWRAPPED or short or _LIST_ITEM.match(next_line):
            yield trim(text, Span(start, line.end))
            start = following.start
    yield trim(text, Span(start, lines[-1].end))

"""The inline markup of Markdown: which spans a rendered view shows differently or hides. Only for display.

>>> from source.formats.markdown import read_markdown
>>> document = read_markdown("A **bold** [word](http://a.b).", id="a.md")
>>> [(document.text[span.start : span.end], name) for span, name in marks_in(document, Span(0, 30))]
[('**', 'syntax'), ('bold', 'strong'), ('**', 'syntax'), ('[', 'syntax'), ('word', 'link'), ('](http://a.b)', 'syntax')]

markdown-it-py gives inline tokens without their positions. They are aligned with the
text from left to right; if one doesn't fit, the block gets no marks at all. So a
visible character is never mistaken for markup.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Lock
from typing import Any

from cachetools import LRUCache, cached
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline, image, link
from markdown_it.token import Token

from source.document import Document
from source.forking import PerProcess
from source.formats.markdown.extractor import EXTRACTOR, Parsed, code_lines, parsed
from source.formats.markdown.stretches import link_definitions, stretches_around
from source.spans import Span

_LONGEST = 10_000  # characters; a longer block is shown without marks
_SIGN = re.compile(r"[\\`*_\[\]<&]")
_BREAK = re.compile(r"[ \t]*(\\?)\n[ \t]*")
_NAMES = {"strong": "strong", "em": "emphasis", "link": "link"}


def _recording_its_end(rule: Callable[[StateInline, bool], bool]) -> Callable[[StateInline, bool], bool]:
    """Wraps a parser rule so that its last token records the position where its markup ends."""

    def recording(state: StateInline, silent: bool) -> bool:
        found = rule(state, silent)
        if found and not silent:
            state.tokens[-1].meta["end"] = state.pos
        return found

    return recording


# Not joined with the text around it, the token of an escaped character still records how it was written.
_PARSER = MarkdownIt("commonmark").disable("text_join")
_PARSER.inline.ruler.at("link", _recording_its_end(link))
_PARSER.inline.ruler.at("image", _recording_its_end(image))


class _Misaligned(Exception):
    """A token doesn't start where the one before it ends."""


def inline_marks(content: str, definitions: dict[str, Any]) -> list[tuple[Span, str]]:
    """The marks in a block's content. `definitions`: the document's link definitions."""
    if len(content) > _LONGEST or not _SIGN.search(content):
        return []
    (block,) = _PARSER.parseInline(content, definitions)
    aligner = _TokenAligner(content)
    try:
        for token in block.children or []:
            aligner.step(token)
        aligner.end()
    except _Misaligned:
        return []
    return aligner.marks


class _TokenAligner:
    """Aligns inline tokens with the text that they came from, and collects the marks."""

    def __init__(self, text: str) -> None:
        self.marks: list[tuple[Span, str]] = []
        self._text = text
        self._at = 0
        self._opened: list[int] = []

    def step(self, token: Token) -> None:
        """Advances past the text of a token. Raises _Misaligned."""
        kind, _, side = token.type.rpartition("_")
        if token.type == "text":
            self._pass(token.content)
        elif token.type == "text_special":
            self._special(token)
        elif token.type in {"softbreak", "hardbreak"}:
            self._break()
        elif token.type == "code_inline":
            self._code(token)
        elif token.type == "html_inline":
            self._hide(token.content)
        elif token.type == "image":
            self._hide("![")
            self._pass(token.content)
            self._hide_up_to(token.meta["end"])
        elif side == "open" and kind in _NAMES:
            self._hide({"autolink": "<", "": "["}.get(token.markup, token.markup))
            self._opened.append(self._at)
        elif side == "close" and kind in _NAMES:
            self._close(token, _NAMES[kind])
        else:
            raise _Misaligned

    def end(self) -> None:
        """Checks that the whole text was passed. Raises _Misaligned."""
        if self._text[self._at :].strip():
            raise _Misaligned

    def _pass(self, text: str) -> None:
        if not self._text.startswith(text, self._at):
            raise _Misaligned
        self._at += len(text)

    def _hide(self, text: str) -> None:
        start = self._at
        self._pass(text)
        self._mark(start, "syntax")

    def _hide_up_to(self, end: int) -> None:
        if not self._text.startswith("]", self._at) or end <= self._at:
            raise _Misaligned
        self._hide(self._text[self._at : end])

    def _mark(self, start: int, name: str) -> None:
        if start < self._at:
            self.marks.append((Span(start, self._at), name))

    def _special(self, token: Token) -> None:
        """Passes an escaped character, hiding its backslash, or an entity, which is shown as it is written."""
        if token.info == "escape" and token.markup != token.content:
            self._hide("\\")
            self._pass(token.content)
        else:
            self._pass(token.markup)

    def _break(self) -> None:
        found = _BREAK.match(self._text, self._at)
        if not found:
            raise _Misaligned
        if found.group(1):
            self.marks.append((Span(*found.span(1)), "syntax"))
        self._at = found.end()

    def _code(self, token: Token) -> None:
        """Passes a code span; one space on either side belongs to its markup."""
        start = self._at + len(token.markup)
        for space in ("", " "):
            code = space + token.content + space
            end = start + len(code)
            if self._text[start:end].replace("\n", " ") == code and self._text.startswith(token.markup, end):
                self._hide(token.markup + space)
                self._at = end - len(space)
                self._mark(start + len(space), "code")
                self._hide(space + token.markup)
                return
        raise _Misaligned

    def _close(self, token: Token, name: str) -> None:
        self._mark(self._opened.pop(), name)
        if name != "link":
            self._hide(token.markup)
        elif token.markup == "autolink":
            self._hide(">")
        else:
            self._hide_up_to(token.meta["end"])


Mark = tuple[Span, str]
"""A span with "strong", "emphasis", "code" or "link", or with "syntax" for hidden markup."""

_CACHED = 1 << 24  # characters of parsed stretches
_BETWEEN_CELLS = re.compile(r"[ \t|]*")


@dataclass(frozen=True, slots=True)
class _MarkedBlock:
    """A block of lines.

    `content`: the part whose inline markup is parsed; `starts`: the offset in the
    document of each of its lines. `marks`: those that are known already.
    """

    span: Span
    content: str = ""
    starts: tuple[int, ...] = ()
    marks: tuple[Mark, ...] = ()


def marks_in(document: Document, span: Span) -> list[Mark]:
    """The marks inside `span`, in order; none if the document isn't Markdown.

    Spans marked as "syntax" are invisible in a rendered view. A block whose tokens
    cannot be aligned with the text has no marks.
    """
    if document.extractor != EXTRACTOR:
        return []
    blocks = (block for part in stretches_around(document, span) for block in _blocks()(document.text, part))
    shown = [block for block in blocks if block.span.end > span.start and block.span.start < span.end]
    definitions = link_definitions(document) if any("[" in block.content for block in shown) else {}
    marks = (mark for block in shown for mark in _marks(block, definitions))
    return sorted((each, name) for each, name in marks if span.start <= each.start < each.end <= span.end)


def _marks(block: _MarkedBlock, definitions: dict[str, Any]) -> Iterator[Mark]:
    """A block's marks, including those inside its content, with offsets in the document."""
    yield from block.marks
    lines = [0, *(match.end() for match in re.finditer("\n", block.content))]

    def place(offset: int) -> int:
        line = bisect_right(lines, offset) - 1
        return block.starts[line] + offset - lines[line]

    for span, name in inline_marks(block.content, definitions):
        yield Span(place(span.start), place(span.end - 1) + 1), name


def _find_blocks(text: str, part: Span) -> list[_MarkedBlock]:
    """The blocks of a stretch of a text, in order."""
    whole = parsed(text, part.start, part.end)
    blocks: list[_MarkedBlock] = []
    at = 0  # the end of the last block: the cells of a row share a line
    for opening, token in zip([None, *whole.tokens], whole.tokens, strict=False):
        if token.map and token.type in {"inline", "fence", "code_block"}:
            lines = Span(whole.lines[token.map[0]], whole.lines[token.map[1]])
            if block := _block(text, whole, opening, token, Span(max(at, lines.start), lines.end)):
                blocks.append(block)
                at = block.span.end
    return blocks


def _size(blocks: list[_MarkedBlock]) -> int:
    """The number of characters, but not more than are cached: what is longer is cached alone."""
    return min(1 + blocks[-1].span.end - blocks[0].span.start, _CACHED) if blocks else 1


_blocks = PerProcess(lambda: cached(LRUCache[Any, list[_MarkedBlock]](_CACHED, _size), lock=Lock())(_find_blocks))


def _block(text: str, whole: Parsed, opening: Token | None, token: Token, lines: Span) -> _MarkedBlock | None:
    """The block of a token; None if its content isn't found in its lines."""
    if token.type in {"fence", "code_block"} or opening is None:
        return _code(whole, token, lines)
    if opening.type in {"th_open", "td_open"}:
        return _cell(text, token, lines)
    if opening.markup.startswith("#"):
        return _heading(text, opening, token, lines)
    return _paragraph(text, whole, opening, token)


def _code(whole: Parsed, token: Token, lines: Span) -> _MarkedBlock:
    """The fences are hidden."""
    code = code_lines(token)
    start, end = whole.lines[code.start], whole.lines[code.stop]
    marks = (Span(lines.start, start), "syntax"), (Span(start, end), "code"), (Span(end, lines.end), "syntax")
    return _MarkedBlock(lines, marks=tuple((span, name) for span, name in marks if span.start < span.end))


def _cell(text: str, token: Token, lines: Span) -> _MarkedBlock | None:
    """A table cell, which starts at the end of the one before; the bars between cells stay visible."""
    between = _BETWEEN_CELLS.match(text, lines.start, lines.end)
    start = between.end() if between else lines.start
    if not text.startswith(token.content, start, lines.end) or "\n" in token.content:
        return None
    return _MarkedBlock(Span(lines.start, start + len(token.content)), token.content, (start,))


def _heading(text: str, opening: Token, token: Token, lines: Span) -> _MarkedBlock | None:
    """A heading with number signs before it, and perhaps after it."""
    mark = text.find(opening.markup, lines.start, lines.end)
    start = mark + len(opening.markup)
    while start < lines.end and text[start] in " \t":
        start += 1
    end = start + len(token.content)
    line_end = lines.start + len(text[lines.start : lines.end].rstrip())
    if mark < 0 or text[start:end] != token.content or text[end:line_end].strip("# \t"):
        return None
    hidden = [(Span(mark, start), "syntax")] + ([(Span(end, line_end), "syntax")] if end < line_end else [])
    return _MarkedBlock(lines, token.content, (start,), tuple(hidden))


def _paragraph(text: str, whole: Parsed, opening: Token, token: Token) -> _MarkedBlock | None:
    """The lines of a paragraph or an underlined heading without their indentation; the underline is hidden."""
    first, last = token.map or (0, 0)
    starts: list[int] = []
    hidden: list[Mark] = []
    for number, content in enumerate(token.content.split("\n"), start=first):
        line = text[whole.lines[number] : whole.lines[number + 1]].rstrip() if number < last else ""
        stripped = content.strip()
        if not stripped or not line.endswith(stripped):
            return None
        start = whole.lines[number] + len(line) - len(stripped)
        hidden += [(Span(at, at + 1), "syntax") for at in range(whole.lines[number], start) if text[at] == ">"]
        starts.append(start - (len(content) - len(content.lstrip())))
    end = whole.lines[last]
    if opening.type == "heading_open":
        line = text[end : whole.lines[last + 1]].rstrip()
        bare = line.rstrip(opening.markup)
        hidden.append((Span(end + len(bare), end + len(line)), "syntax"))
        end = whole.lines[last + 1]
    return _MarkedBlock(Span(whole.lines[first], end), token.content, tuple(starts), tuple(hidden))

"""What a rendered view of Markdown shows otherwise, and what it hides; for display alone.

>>> from source.formats.markdown.extractor import read_markdown
>>> document = read_markdown("A **bold** [word](http://a.b).", id="a.md")
>>> [(document.text[span.start : span.end], name) for span, name in marks_in(document, Span(0, 30))]
[('**', 'syntax'), ('bold', 'strong'), ('**', 'syntax'), ('[', 'syntax'), ('word', 'link'), ('](http://a.b)', 'syntax')]

markdown-it-py says what each stretch is but not where. Its tokens are laid along
the text from left to right; where one does not fit, there are no marks at all,
so that no character that a reader would see is ever taken for a sign.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline, image, link
from markdown_it.token import Token

from source.document import Document
from source.formats.markdown.extractor import EXTRACTOR, Parsed, code_lines, parsed
from source.spans import Span

_LONGEST = 10_000  # characters; a longer block is shown as it is
_SIGN = re.compile(r"[\\`*_\[\]<&]")
_BREAK = re.compile(r"[ \t]*(\\?)\n[ \t]*")
_NAMES = {"strong": "strong", "em": "emphasis", "link": "link"}


def _telling_its_end(rule: Callable[[StateInline, bool], bool]) -> Callable[[StateInline, bool], bool]:
    """The rule, whose last token tells where what it stands for ends."""

    def told(state: StateInline, silent: bool) -> bool:
        found = rule(state, silent)
        if found and not silent:
            state.tokens[-1].meta["end"] = state.pos
        return found

    return told


# Left apart from the text around it, a character that was escaped still knows how it was written.
_PARSER = MarkdownIt("commonmark").disable("text_join")
_PARSER.inline.ruler.at("link", _telling_its_end(link))
_PARSER.inline.ruler.at("image", _telling_its_end(image))


class _Misfit(Exception):
    """A token that does not stand where the one before it ends."""


def inline_marks(content: str, references: dict[str, Any]) -> list[tuple[Span, str]]:
    """The marks of a block's content. `references`: the links that its document defines by name."""
    if len(content) > _LONGEST or not _SIGN.search(content):
        return []
    (block,) = _PARSER.parseInline(content, references)
    walk = _Walk(content)
    try:
        for token in block.children or []:
            walk.step(token)
        walk.end()
    except _Misfit:
        return []
    return walk.marks


class _Walk:
    """Along a text, token by token."""

    def __init__(self, text: str) -> None:
        self.marks: list[tuple[Span, str]] = []
        self._text = text
        self._at = 0
        self._opened: list[int] = []

    def step(self, token: Token) -> None:
        """Past what a token stands for. Raises _Misfit."""
        kind, _, way = token.type.rpartition("_")
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
        elif way == "open" and kind in _NAMES:
            self._hide({"autolink": "<", "": "["}.get(token.markup, token.markup))
            self._opened.append(self._at)
        elif way == "close" and kind in _NAMES:
            self._close(token, _NAMES[kind])
        else:
            raise _Misfit

    def end(self) -> None:
        """Raises _Misfit if there is more text."""
        if self._text[self._at :].strip():
            raise _Misfit

    def _pass(self, text: str) -> None:
        if not self._text.startswith(text, self._at):
            raise _Misfit
        self._at += len(text)

    def _hide(self, text: str) -> None:
        start = self._at
        self._pass(text)
        self._mark(start, "syntax")

    def _hide_up_to(self, end: int) -> None:
        if not self._text.startswith("]", self._at) or end <= self._at:
            raise _Misfit
        self._hide(self._text[self._at : end])

    def _mark(self, start: int, name: str) -> None:
        if start < self._at:
            self.marks.append((Span(start, self._at), name))

    def _special(self, token: Token) -> None:
        """An escaped character; the name of a character stays as it is, for it cannot be shown as another."""
        if token.info == "escape" and token.markup != token.content:
            self._hide("\\")
            self._pass(token.content)
        else:
            self._pass(token.markup)

    def _break(self) -> None:
        found = _BREAK.match(self._text, self._at)
        if not found:
            raise _Misfit
        if found.group(1):
            self.marks.append((Span(*found.span(1)), "syntax"))
        self._at = found.end()

    def _code(self, token: Token) -> None:
        """A space on either side belongs to the signs."""
        start = self._at + len(token.markup)
        for space in ("", " "):
            written = space + token.content + space
            end = start + len(written)
            if self._text[start:end].replace("\n", " ") == written and self._text.startswith(token.markup, end):
                self._hide(token.markup + space)
                self._at = end - len(space)
                self._mark(start + len(space), "code")
                self._hide(space + token.markup)
                return
        raise _Misfit

    def _close(self, token: Token, name: str) -> None:
        self._mark(self._opened.pop(), name)
        if name != "link":
            self._hide(token.markup)
        elif token.markup == "autolink":
            self._hide(">")
        else:
            self._hide_up_to(token.meta["end"])


Mark = tuple[Span, str]
"""A stretch and "strong", "emphasis", "code", "link", or "syntax" for what is hidden."""

_KEPT = 4  # parsed documents
_BETWEEN_CELLS = re.compile(r"[ \t|]*")


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines that belong together.

    `content`: what of them is parsed further, and `starts`: where each line of it
    starts in the document. `marks`: those that need no further look.
    """

    span: Span
    content: str = ""
    starts: tuple[int, ...] = ()
    marks: tuple[Mark, ...] = ()


def marks_in(document: Document, span: Span) -> list[Mark]:
    """The marks that lie inside `span`, in order; none if the document is not Markdown.

    What is marked as "syntax" is seen nowhere in a rendered view. Where the parser
    and the text cannot be brought together, a block has no marks.
    """
    if document.extractor != EXTRACTOR:
        return []
    blocks, references = _blocks(document.text)
    first = bisect_right(blocks, span.start, key=lambda block: block.span.end)
    last = bisect_left(blocks, span.end, key=lambda block: block.span.start)
    marks = (mark for block in blocks[first:last] for mark in _marks(block, references))
    return sorted((each, name) for each, name in marks if span.start <= each.start < each.end <= span.end)


def _marks(block: _Block, references: dict[str, Any]) -> Iterator[Mark]:
    """With those inside its lines, whose offsets are carried from its content to the document."""
    yield from block.marks
    lines = [0, *(match.end() for match in re.finditer("\n", block.content))]

    def place(offset: int) -> int:
        line = bisect_right(lines, offset) - 1
        return block.starts[line] + offset - lines[line]

    for span, name in inline_marks(block.content, references):
        yield Span(place(span.start), place(span.end - 1) + 1), name


@lru_cache(_KEPT)
def _blocks(text: str) -> tuple[list[_Block], dict[str, Any]]:
    """The blocks of a text in order, and the links that it defines by name."""
    whole = parsed(text)
    blocks: list[_Block] = []
    at = 0  # what comes before is in a block already: the cells of a row are several
    for opening, token in zip([None, *whole.tokens], whole.tokens, strict=False):
        if token.map and token.type in {"inline", "fence", "code_block"}:
            lines = Span(whole.lines[token.map[0]], whole.lines[token.map[1]])
            if block := _block(text, whole, opening, token, Span(max(at, lines.start), lines.end)):
                blocks.append(block)
                at = block.span.end
    return blocks, whole.references


def _block(text: str, whole: Parsed, opening: Token | None, token: Token, lines: Span) -> _Block | None:
    """None where its content cannot be found in its lines."""
    if token.type in {"fence", "code_block"} or opening is None:
        return _code(whole, token, lines)
    if opening.type in {"th_open", "td_open"}:
        return _cell(text, token, lines)
    if opening.markup.startswith("#"):
        return _heading(text, opening, token, lines)
    return _paragraph(text, whole, opening, token)


def _code(whole: Parsed, token: Token, lines: Span) -> _Block:
    """The fences are hidden."""
    code = code_lines(token)
    start, end = whole.lines[code.start], whole.lines[code.stop]
    marks = (Span(lines.start, start), "syntax"), (Span(start, end), "code"), (Span(end, lines.end), "syntax")
    return _Block(lines, marks=tuple((span, name) for span, name in marks if span.start < span.end))


def _cell(text: str, token: Token, lines: Span) -> _Block | None:
    """From the end of the cell before; the lines between cells stay."""
    between = _BETWEEN_CELLS.match(text, lines.start, lines.end)
    start = between.end() if between else lines.start
    if not text.startswith(token.content, start, lines.end) or "\n" in token.content:
        return None
    return _Block(Span(lines.start, start + len(token.content)), token.content, (start,))


def _heading(text: str, opening: Token, token: Token, lines: Span) -> _Block | None:
    """A heading with number signs before it, and perhaps behind it."""
    mark = text.find(opening.markup, lines.start, lines.end)
    start = mark + len(opening.markup)
    while start < lines.end and text[start] in " \t":
        start += 1
    end = start + len(token.content)
    line_end = lines.start + len(text[lines.start : lines.end].rstrip())
    if mark < 0 or text[start:end] != token.content or text[end:line_end].strip("# \t"):
        return None
    hidden = [(Span(mark, start), "syntax")] + ([(Span(end, line_end), "syntax")] if end < line_end else [])
    return _Block(lines, token.content, (start,), tuple(hidden))


def _paragraph(text: str, whole: Parsed, opening: Token, token: Token) -> _Block | None:
    """Each line without what it is indented by; a heading's underline is hidden."""
    first, last = token.map or (0, 0)
    starts: list[int] = []
    hidden: list[Mark] = []
    for number, content in enumerate(token.content.split("\n"), start=first):
        line = text[whole.lines[number] : whole.lines[number + 1]].rstrip() if number < last else ""
        words = content.strip()
        if not words or not line.endswith(words):
            return None
        start = whole.lines[number] + len(line) - len(words)
        hidden += [(Span(at, at + 1), "syntax") for at in range(whole.lines[number], start) if text[at] == ">"]
        starts.append(start - (len(content) - len(content.lstrip())))
    end = whole.lines[last]
    if opening.type == "heading_open":
        line = text[end : whole.lines[last + 1]].rstrip()
        bare = line.rstrip(opening.markup)
        hidden.append((Span(end + len(bare), end + len(line)), "syntax"))
        end = whole.lines[last + 1]
    return _Block(Span(whole.lines[first], end), token.content, tuple(starts), tuple(hidden))

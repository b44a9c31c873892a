"""Markdown: the text is the file itself; markdown-it-py says which lines are what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

from source.document import Document, Region, RegionKind
from source.places import Heading, Places
from source.spans import Span, trim

EXTRACTOR = "markdown/2"

_LOOKS = 20  # at each line


def _looked_at(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    """Whether a quote ends before a line without its mark, because such lines were looked at too often.

    The parser looks at all of them up to the next blank line before it knows where a quote ends, and may begin
    another on the next line: without a bound that takes quadratic time, minutes for 100 KB.
    """
    if not silent:
        return False
    state.env["looks"] = state.env.get("looks", 0) + 1
    return bool(state.env["looks"] > _LOOKS * len(state.bMarks))


# Only the blocks are asked for; what stands inside a line is not parsed.
_PARSER = MarkdownIt("commonmark").enable("table").disable(["inline", "text_join"])
_PARSER.block.ruler.before("code", "looked_at", _looked_at, {"alt": ["blockquote"]})
# As Pandoc has it, a blank line after the first rule makes it a rule and no more.
_FRONT_MATTER = re.compile(r"---[ \t]*\r?\n(?!---|[ \t]*[\r\n]).*?\r?\n---[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_FRONT_TITLE = re.compile(r"^title:([^\r\n]*\S)", re.MULTILINE)
_BARE_MARKUP = re.compile(r"[*_`]+|!?\[([^\[\]]*)\]\([^()]*\)|<[^<>]+>")
# The parser's own idea of a line: it turns \r\n and lone \r into \n first.
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")


@dataclass(frozen=True, slots=True)
class Parsed:
    """A Markdown file by its blocks.

    `front`: the front matter, which is not parsed. `lines`: where each line that
    the tokens count starts in the text, with the end of the text as a last entry.
    `references`: the links that are defined by name.
    """

    front: str
    lines: list[int]
    tokens: list[Token]
    references: dict[str, Any]


def parsed(text: str) -> Parsed:
    """The blocks of a Markdown file."""
    match = _FRONT_MATTER.match(text)
    front = match.group() if match else ""
    references: dict[str, Any] = {}
    tokens = _PARSER.parse(text[len(front) :], references)
    return Parsed(front, _line_starts(text, len(front)), tokens, references)


def read_markdown(text: str, *, id: str, title: str = "", path: str = "", sha256: str = "") -> Document:
    """A Document of a Markdown file; `text` is kept as it is, marks and all."""
    blocks = parsed(text)
    front, lines, tokens = blocks.front, blocks.lines, blocks.tokens
    paragraphs: list[Span] = []
    headings: list[Heading] = []
    regions = [Region(Span(0, len(front)), RegionKind.MARKUP)] if front else []
    for position, token in enumerate(tokens):
        if token.map is None:
            continue
        span = trim(text, Span(lines[token.map[0]], lines[token.map[1]]))
        if token.type == "heading_open":
            headings.append(Heading(span.start, int(token.tag[1]), _plain(tokens[position + 1].content)))
            regions.append(Region(span, RegionKind.HEADING))
        elif token.type in {"html_block", "hr"}:
            regions.append(Region(span, RegionKind.MARKUP))
        else:
            paragraphs.extend(span for span in _content(text, token, span, lines) if span)
    named = _FRONT_TITLE.search(front)
    first = named.group(1).strip(" \t\"'") if named else headings[0].title if headings else ""
    return Document(
        id=id,
        title=first or title or id,
        path=path,
        sha256=sha256,
        extractor=EXTRACTOR,
        text=text,
        regions=tuple(sorted(regions, key=lambda region: region.span)),
        places=Places(paragraphs=tuple(sorted(set(paragraphs))), headings=tuple(headings)),
    )


def _line_starts(text: str, offset: int) -> list[int]:
    """Where each line after `offset` starts, with the end of the text as a last entry."""
    lengths = [len(match.group()) for match in _LINE.finditer(text, offset)]
    return [*accumulate(lengths, initial=offset), len(text)]


def _content(text: str, token: Token, span: Span, lines: list[int]) -> Iterator[Span]:
    """The paragraphs that a block token holds; containers hold none of their own."""
    if token.type in {"paragraph_open", "tr_open"}:
        yield span
    elif token.type in {"fence", "code_block"} and token.map:
        for line in code_lines(token):  # a line of code is the least that can be quoted
            yield trim(text, Span(lines[line], lines[line + 1]))


def code_lines(token: Token) -> range:
    """The lines of a block of code without its fences; the last fence may be missing."""
    first, last = token.map or (0, 0)
    if token.type == "code_block":
        return range(first, last)
    code = token.content
    return range(first + 1, min(last, first + 1 + code.count("\n") + (code[-1:] not in ("", "\n"))))


def _plain(inline: str) -> str:
    """A heading's words without its marks."""
    return " ".join(_BARE_MARKUP.sub(lambda match: match.group(1) or "", inline).split())

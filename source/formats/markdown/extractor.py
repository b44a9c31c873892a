"""Markdown: the text is the file itself; markdown-it-py finds its blocks, and which lines they cover."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, islice, takewhile
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

from source.builder import first_title
from source.document import Document, Region, RegionKind, Stated
from source.formats.imprint import properties
from source.formats.markdown.html import RawHtml
from source.places import HEADER_LEVEL, Heading, Places
from source.spans import Span, trim

EXTRACTOR = "markdown/4"

_MAX_LOOKS = 20  # per line, on average


def _bounded_lookahead(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    """A parser rule that ends a block quote early if its unmarked lines have been examined too often.

    To find where a quote ends, the parser examines all lines up to the next blank one, and may do so again from
    the next line: without a bound that takes quadratic time, minutes for 100 KB.
    """
    if not silent:
        return False
    state.env["looks"] = state.env.get("looks", 0) + 1
    return bool(state.env["looks"] > _MAX_LOOKS * len(state.bMarks))


# Only blocks are needed; inline markup is not parsed.
_PARSER = MarkdownIt("commonmark").enable("table").disable(["inline", "text_join"])
_PARSER.block.ruler.before("code", "bounded_lookahead", _bounded_lookahead, {"alt": ["blockquote"]})
# As in Pandoc, a first line of dashes with a blank line after it is only a rule.
_FRONT_MATTER = re.compile(r"---[ \t]*\r?\n(?!---|[ \t]*[\r\n]).*?\r?\n---[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_FRONT_TITLE = re.compile(r"^title:([^\r\n]*\S)", re.MULTILINE)
# Code, or an escaped character: what is in it is no markup.
_LITERAL = re.compile(r"(?<!`)`++([^`]++)`++|\\([!-/:-@\[-`{-~])|\0")
_KEPT = re.compile(r"\0(\d+)\0")
# A link or an image, emphasis, a tag. Each alternative ends at the next mark of its own kind, so that a line takes
# linear time. Lines inside and before a word ("__init__.py") are the word's own.
_MARKUP = re.compile(
    r"!?\[([^\[\]]*+)\]\([^()]*+\)"
    r"|(?<!\*)(?P<stars>\*{1,3})(?![\s*])(?P<starred>[^*]++)(?<!\s)(?P=stars)(?!\*)"
    r"|(?<!\w)(?P<lines>_{1,3})(?![\s_])(?P<lined>[^_]++)(?<!\s)(?P=lines)(?!\.?\w)|<[^<>]++>"
)
_LONGEST_FRONT = 10_000  # characters of front matter that are read for what it states
# Lines as the parser counts them: it first turns \r\n and lone \r into \n.
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")


@dataclass(frozen=True, slots=True)
class Parsed:
    """A parsed Markdown file.

    `front`: the front matter, which is not parsed. `lines`: the offset at which each line
    counted by the tokens starts, with the end of the text as the last entry.
    `references`: the link definitions by name.
    """

    front: str
    lines: list[int]
    tokens: list[Token]
    references: dict[str, Any]


def parsed(text: str, start: int = 0, end: int | None = None) -> Parsed:
    """Parses the blocks of a Markdown file, or of `text[start:end]` of one."""
    end = len(text) if end is None else end
    match = None if start else _FRONT_MATTER.match(text, 0, end)
    front = match.group() if match else ""
    references: dict[str, Any] = {}
    tokens = _PARSER.parse(text[start + len(front) : end], references)
    return Parsed(front, _line_starts(text, start + len(front), end), tokens, references)


def read_markdown(text: str, *, id: str, title: str = "", path: str = "", sha256: str = "") -> Document:
    """Extracts a Document from a Markdown file; its text is `text`, unchanged, including the markup."""
    blocks = parsed(text)
    front, lines, tokens = blocks.front, blocks.lines, blocks.tokens
    paragraphs: list[Span] = []
    headings: list[Heading] = []
    regions = [Region(Span(0, len(front)), RegionKind.FRONT_MATTER)] if front else []
    raw = RawHtml(text)
    for position, token in enumerate(tokens):
        if token.map is None:
            continue
        span = trim(text, Span(lines[token.map[0]], lines[token.map[1]]))
        if token.type == "heading_open":
            headings.append(Heading(span.start, int(token.tag[1]), _plain(tokens[position + 1].content)))
            regions.append(Region(span, RegionKind.HEADING))
        elif token.type == "thead_open":
            if heading := _head(text, tokens, position, lines):
                headings.append(heading)
                regions.append(Region(span, RegionKind.HEADING))
        elif token.type == "html_block":
            raw.add(span)
        elif token.type == "hr":
            regions.append(Region(span, RegionKind.MARKUP))
        else:
            paragraphs.extend(span for span in _content(text, token, span, lines) if span)
    headings = sorted([*headings, *raw.headings], key=lambda heading: heading.start)
    paragraphs += raw.paragraphs
    regions += raw.regions
    named = _FRONT_TITLE.search(front)
    first = named.group(1).strip(" \t\"'") if named else first_title(headings)
    return Document(
        id=id,
        title=first or title or id,
        path=path,
        sha256=sha256,
        extractor=EXTRACTOR,
        text=text,
        regions=tuple(sorted(regions, key=lambda region: region.span)),
        places=Places(paragraphs=tuple(sorted(set(paragraphs))), headings=tuple(headings)),
        stated=_stated(front),
    )


_FRONT_ENTRY = re.compile(
    r"^(author|authors|date|version|updated|lastmod):([^\r\n]*)((?:\r?\n[ \t]*- [^\r\n]*)*)", re.M | re.I
)


def _stated(front: str) -> tuple[Stated, ...]:
    """What the front matter states, if a value is on its name's line or a list of lines below it."""
    found: dict[str, list[str]] = {}
    for match in _FRONT_ENTRY.finditer(front[:_LONGEST_FRONT]):
        own = [match[2].strip(" \t[]"), *re.findall(r"- (.*)", match[3])]
        found.setdefault(match[1].lower(), [value.strip(" \t\r\"'") for value in own if value.strip()])
    first = {name: values[0] for name, values in found.items() if values}
    authors = [
        name.strip(" \"'") for value in found.get("author", found.get("authors", [])) for name in value.split(",")
    ]
    date = first.get("date") or first.get("updated") or first.get("lastmod")
    return properties(authors, date, first.get("version"))


def _line_starts(text: str, start: int, end: int) -> list[int]:
    """The offset of each line of `text[start:end]`, with the end as the last entry."""
    lengths = [len(match.group()) for match in _LINE.finditer(text, start, end)]
    return [*accumulate(lengths, initial=start), end]


def _content(text: str, token: Token, span: Span, lines: list[int]) -> Iterator[Span]:
    """The paragraphs of a block token; containers have none of their own."""
    if token.type in {"paragraph_open", "tr_open"}:
        yield span
    elif token.type in {"fence", "code_block"} and token.map:
        for line in code_lines(token):  # code can be quoted line by line
            yield trim(text, Span(lines[line], lines[line + 1]))


def code_lines(token: Token) -> range:
    """The lines of a code block without its fences; the closing fence may be missing."""
    first, last = token.map or (0, 0)
    if token.type == "code_block":
        return range(first, last)
    code = token.content
    return range(first + 1, min(last, first + 1 + code.count("\n") + (code[-1:] not in ("", "\n"))))


def _head(text: str, tokens: list[Token], position: int, lines: list[int]) -> Heading | None:
    """The head row of a table as a heading of its rows; None if there are no rows. `position`: of the `thead_open`."""
    (start, rule), (_, end) = tokens[position].map or (0, 0), tokens[position - 1].map or (0, 0)
    if end <= rule + 1:
        return None
    cells = takewhile(lambda token: token.type != "thead_close", islice(tokens, position, None))
    title = " | ".join(filter(None, (_plain(cell.content) for cell in cells if cell.type == "inline")))
    whole = trim(text, Span(lines[start], lines[end]))
    return Heading(whole.start, HEADER_LEVEL, title, whole.end)


def _plain(inline: str) -> str:
    """A heading's text without its inline markup."""
    kept: list[str] = []

    def keep(literal: re.Match[str]) -> str:
        kept.append(literal[1] or literal[2] or "")
        return f"\0{len(kept) - 1}\0"

    text = _unmarked(_LITERAL.sub(keep, inline))
    return " ".join(_KEPT.sub(lambda match: kept[int(match[1])], text).split())


def _unmarked(inline: str) -> str:
    return _MARKUP.sub(lambda match: _unmarked(match[1] or match["starred"] or match["lined"] or ""), inline)

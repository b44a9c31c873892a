"""Lines of reStructuredText: the marks that open a block, and the directives by their visible parts.

The patterns are those of docutils (`docutils/parsers/rst/states.py`), which define the language.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

_LINE = re.compile(r"([^\S\r\n]*+)([^\r\n]*)(?:\r\n|\r|\n|\Z)")

RULE = re.compile(r"([!-/:-@[-`{-~])\1*")
"""The rule under or over a title, or between paragraphs."""
BULLET = re.compile(r"[-+*•‣⁃](?:\s+|$)")
NUMBER = re.compile(r"\(?(?:\d+|[a-zA-Z]|[ivxlcdm]+|[IVXLCDM]+|#)[.)](?:\s+|$)")
FIELD = re.compile(r":(?![: ])(?:[^:\\]|\\.|:(?![ `]|$))*(?<! ):(?:\s+|$)")
OPTION = re.compile(r"(?:(?:--?|\+|/)\w[\w-]*+(?:[ =]?(?:<[^<>]+>|[a-zA-Z][\w-]*))?(?:, |(?=  |$)))+(?:  |$)")
EXPLICIT = re.compile(r"\.\.(?:\s+|$)")
DOCTEST = re.compile(r">>>(?:\s|$)")
ANONYMOUS = re.compile(r"__(?:\s|$)")
DIRECTIVE = re.compile(r"([^\W_]+(?:[-._+:][^\W_]+)*) ?::(?:\s+|$)")  # one way to read each `_`
FOOTNOTE = re.compile(r"\[(?:[#*]|#?\w[\w.:+-]*)\](?:\s|$)")
GRID = re.compile(r"\+-[-+]+-\+$")
SIMPLE = re.compile(r"=+(?: +=+)+$")

HIDDEN = re.compile(
    r"raw|toctree|contents|include|literalinclude|image|meta|index|highlight|role|default-role|tabularcolumns|sectnum"
    r"|title|target-notes|graphviz|digraph|graph|mermaid|uml|plot|testsetup|testcleanup|(?:\w+:)?(?:current)?module"
    r"|auto\w+"
)
"""Directives of whose block nothing is visible as text."""
CODE = re.compile(
    r"code|code-block|sourcecode|parsed-literal|doctest|testcode|testoutput|prompt|(?:\w+-)?console|ipython\d?"
    r"|math|productionlist|csv-table|jupyter-execute"
)
"""Directives whose block is code, which is quoted line by line."""
SILENT = re.compile(
    r"figure|only|ifconfig|container|class|cssclass|rst-class|code|code-block|sourcecode|testcode|testoutput|prompt"
)
"""Directives whose argument isn't visible."""
NAMED = re.compile(r"version\w+|deprecated")
"""Directives whose argument means nothing without their name: "versionadded:: 3.1"."""

_INLINE = re.compile(
    r"(?::[\w:.+-]{1,60}:)?`+([^`<]*+)(?:<[^`<>]*+>)?`+_{0,2}|\*{1,2}(\S(?:[^*]*\S)?)\*{1,2}"
    r"|\\(?=\S)|(?<!\w)([^\W_]+)_{1,2}(?=[\s.,;:!?)]|$)"
)


def _any(*patterns: re.Pattern[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{each.pattern})" for each in patterns))


HANGING = _any(FIELD, OPTION, re.compile(r"\|(?:\s|$)"))
"""A field, an option or a line of a line block: any line indented further belongs to it."""
UNTITLED = _any(BULLET, FIELD, EXPLICIT, DOCTEST, ANONYMOUS)
"""A line that isn't a title, even with a rule below it."""
OPENS = _any(HANGING, UNTITLED, NUMBER, GRID, SIMPLE)
"""The start of any block other than a paragraph."""


class RstLine(NamedTuple):
    """A line, or the rest of one after a marker: the offset and the column where its words start, and the words."""

    start: int
    column: int
    words: str

    @property
    def end(self) -> int:
        """The offset after its words."""
        return self.start + len(self.words)

    def after(self, length: int) -> RstLine:
        """The rest of the line after `length` characters."""
        return RstLine(self.start + length, self.column + len(self.words[:length].expandtabs()), self.words[length:])


def lines_of(text: str) -> list[RstLine]:
    """The lines of a text, followed by two blank ones for looking ahead."""
    lines = (RstLine(match.start(2), len(match[1].expandtabs()), match[2].rstrip()) for match in _LINE.finditer(text))
    return [*lines, *[RstLine(len(text), 0, "")] * 2]


def block_end(lines: Sequence[RstLine], at: int, column: int = -1) -> int:
    """The first line from `at` on that is blank or not indented beyond `column`."""
    while lines[at].words and lines[at].column > column:
        at += 1
    return at


def inside_end(lines: Sequence[RstLine], at: int, column: int) -> int:
    """The line after the last one from `at` on that is indented beyond `column`, including blank lines in between."""
    end = at
    while at < len(lines) and (not lines[at].words or lines[at].column > column):
        at += 1
        end = at if lines[at - 1].words else end
    return end


def options_below(lines: Sequence[RstLine], at: int, column: int) -> tuple[int, int]:
    """The lines of a directive's options, as a half-open range; the directive is line `at`, in `column`."""
    first = at + 1
    while lines[first].words and lines[first].column > column and not FIELD.match(lines[first].words):
        first += 1
    return first, block_end(lines, first, column)


def list_number(line: RstLine, below: RstLine) -> re.Match[str] | None:
    """The marker of a numbered list item, unless the line below shows that it starts a sentence."""
    continued = not below.words or below.column > line.column or NUMBER.match(below.words)
    return NUMBER.match(line.words) if continued else None


def plain(inline: str) -> str:
    """A title's text without its inline markup."""
    return " ".join(_INLINE.sub(lambda match: (match[1] or match[2] or match[3] or "").rstrip(), inline).split())

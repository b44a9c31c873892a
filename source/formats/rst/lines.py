"""What a line of reStructuredText can be: the marks that open a block, and the directives by what is seen of them.

The patterns are those of docutils (`docutils/parsers/rst/states.py`), which are the language's definition.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

_LINE = re.compile(r"([^\S\r\n]*+)([^\r\n]*)(?:\r\n|\r|\n|\Z)")

RULE = re.compile(r"([!-/:-@[-`{-~])\1*")
"""Under or over a title, or between paragraphs."""
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
"""Directives of whose block nothing is shown as text."""
CODE = re.compile(
    r"code|code-block|sourcecode|parsed-literal|doctest|testcode|testoutput|prompt|(?:\w+-)?console|ipython\d?"
    r"|math|productionlist|csv-table|jupyter-execute"
)
"""Directives whose block is shown line by line."""
SILENT = re.compile(
    r"figure|only|ifconfig|container|class|cssclass|rst-class|code|code-block|sourcecode|testcode|testoutput|prompt"
)
"""Directives whose argument is not shown."""
NAMED = re.compile(r"version\w+|deprecated")
"""Directives whose argument says nothing without their name: "versionadded:: 3.1"."""

_INLINE = re.compile(
    r"(?::[\w:.+-]{1,60}:)?`+([^`<]*+)(?:<[^`<>]*+>)?`+_{0,2}|\*{1,2}(\S(?:[^*]*\S)?)\*{1,2}"
    r"|\\(?=\S)|(?<!\w)([^\W_]+)_{1,2}(?=[\s.,;:!?)]|$)"
)


def _any(*patterns: re.Pattern[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{each.pattern})" for each in patterns))


HANGING = _any(FIELD, OPTION, re.compile(r"\|(?:\s|$)"))
"""A field, an option or a line of a line block: what follows belongs to it if it stands further right at all."""
UNTITLED = _any(BULLET, FIELD, EXPLICIT, DOCTEST, ANONYMOUS)
"""What is no title, even with a rule below it."""
OPENS = _any(HANGING, UNTITLED, NUMBER, GRID, SIMPLE)
"""Whatever opens a block that is no paragraph."""


class RstLine(NamedTuple):
    """A line, or what a marker leaves of it: where its words start, in which column, and the words."""

    start: int
    column: int
    words: str

    @property
    def end(self) -> int:
        """The offset after its words."""
        return self.start + len(self.words)

    def after(self, length: int) -> RstLine:
        """What is left after so many characters."""
        return RstLine(self.start + length, self.column + len(self.words[:length].expandtabs()), self.words[length:])


def lines_of(text: str) -> list[RstLine]:
    """The lines, and two blank ones to look ahead into."""
    lines = (RstLine(match.start(2), len(match[1].expandtabs()), match[2].rstrip()) for match in _LINE.finditer(text))
    return [*lines, *[RstLine(len(text), 0, "")] * 2]


def block_end(lines: Sequence[RstLine], at: int, column: int = -1) -> int:
    """The first line from `at` on that is blank, or not right of `column`."""
    while lines[at].words and lines[at].column > column:
        at += 1
    return at


def inside_end(lines: Sequence[RstLine], at: int, column: int) -> int:
    """After the last line from `at` on that is right of `column`, blank lines between them included."""
    end = at
    while at < len(lines) and (not lines[at].words or lines[at].column > column):
        at += 1
        end = at if lines[at - 1].words else end
    return end


def options_below(lines: Sequence[RstLine], at: int, column: int) -> tuple[int, int]:
    """From the first field to the end of the block right below the line `at`, a directive in `column`."""
    first = at + 1
    while lines[first].words and lines[first].column > column and not FIELD.match(lines[first].words):
        first += 1
    return first, block_end(lines, first, column)


def list_number(line: RstLine, below: RstLine) -> re.Match[str] | None:
    """The marker of a numbered list's item, unless the line below shows that it is the beginning of a sentence."""
    continued = not below.words or below.column > line.column or NUMBER.match(below.words)
    return NUMBER.match(line.words) if continued else None


def plain(inline: str) -> str:
    """A title's words without their marks."""
    return " ".join(_INLINE.sub(lambda match: (match[1] or match[2] or match[3] or "").rstrip(), inline).split())

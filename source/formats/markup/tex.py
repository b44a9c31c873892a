r"""LaTeX (.tex): the sections, and the text of the file with its commands in it.

>>> document = read_tex("\\section{Ships}\nTwo \\emph{sail}. % really\n", id="a.tex")
>>> [document.text[span.start : span.end] for span in document.quotable()], document.place(20).heading
(['Two \\emph{sail}. % really'], ('Ships',))
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from source.document import Document
from source.formats.imprint import properties
from source.formats.markup.lines import BLANK, CODE, ITEM, MARKUP, TEXT, LineKind, MarkedLine, lines_of, marked_document
from source.spans import Span

EXTRACTOR = "tex/1"

_SECTIONS = ("part", "chapter", "section", "subsection", "subsubsection", "paragraph", "subparagraph")
_OPTIONS = r"\*?\s{0,9}(?:\[[^\]\n]{0,200}\]\s{0,9})?\{"
_SECTION = re.compile(rf"\\({'|'.join(_SECTIONS)}){_OPTIONS}")
_STATED = re.compile(rf"\\(title|author|date){_OPTIONS}")
_COMMAND = re.compile(r"\\(?:label|index)\{[^{}]{0,200}\}|\\[a-zA-Z@]+\*?|\\[^a-zA-Z]|[{}~]|(?<!\\)%.*")
_BEGINS = re.compile(r"\\begin\s*\{([^{}]{1,40})\}")
_ENDS = re.compile(r"\\end\s*\{([^{}]{1,40})\}")
_VERBATIM = frozenset({"verbatim", "verbatim*", "lstlisting", "minted", "Verbatim", "comment", "filecontents"})
_TABLES = frozenset({"tabular", "tabular*", "tabularx", "longtable", "array"})
_ALONE = re.compile(  # a line of these commands shows nothing itself
    r"(?:\\(?:begin|end|label|usepackage|documentclass|newcommand|renewcommand|def|input|include|bibliography\w*|maketitle"
    r"|tableofcontents|centering|hline|toprule|midrule|bottomrule|vspace|hspace|newpage|clearpage|noindent|includegraphics"
    r"|pagestyle|setlength|setcounter|appendix|printbibliography|today|item)\b\*?(?:\s*(?:\[[^\]]*\]|\{[^{}]*\}))*+\s*)++\Z"
)
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_LONGEST_TITLE, _DEEPEST = 1000, 20


def read_tex(text: str, *, id: str, title: str = "", path: str = "", sha256: str = "") -> Document:
    """Extracts a Document from LaTeX source. Raises SourceEmpty."""
    lines = lines_of(text)
    stated: dict[str, str] = {}
    for match in _STATED.finditer(text):
        if match[1] not in stated:
            stated[match[1]] = _plain(_argument(text, match.end()).replace(r"\and", ";"))
    found = properties([stated.get("author", "")], stated.get("date", ""))
    own = stated.get("title") or title
    facts = {"id": id, "title": own, "path": path, "sha256": sha256}
    return marked_document(text, lines, _kinds(text, lines), extractor=EXTRACTOR, stated=found, **facts)


def _kinds(text: str, lines: Sequence[tuple[Span, str]]) -> Iterator[MarkedLine]:
    preamble = any(line.startswith(r"\begin{document}") for _, line in lines)
    verbatim, tables = "", 0
    for span, line in lines:
        begins = _BEGINS.match(line)
        if verbatim:
            ended = line.startswith(f"\\end{{{verbatim}}}")
            yield MARKUP if ended else CODE if line else BLANK
            verbatim = "" if ended else verbatim
        elif preamble:
            preamble = not line.startswith(r"\begin{document}")
            yield MARKUP if line else BLANK
        elif begins and begins[1] in _VERBATIM:
            verbatim = begins[1]
            yield MARKUP
        else:
            ends = _ENDS.match(line)
            tables += bool(begins and begins[1] in _TABLES) - bool(tables and ends and ends[1] in _TABLES)
            yield _kind(text, span, line, in_table=tables > 0)


def _kind(text: str, span: Span, line: str, in_table: bool) -> MarkedLine:
    if not line:
        return BLANK
    if section := _SECTION.match(line):
        title = _plain(_argument(text, span.start + section.end()))
        return MarkedLine(LineKind.HEADING, 1 + _SECTIONS.index(section[1]), title)
    if line.startswith("%") or _ALONE.match(line):
        return MARKUP
    return ITEM if line.startswith(r"\item") or in_table else TEXT


def _argument(text: str, start: int) -> str:
    """The text up to the brace that closes the one before `start`."""
    depth = 1
    for match in _BRACE.finditer(text, start, start + _LONGEST_TITLE):
        depth += (match[0] == "{") - (match[0] == "}")
        if not depth:
            return text[start : match.start()]
        if depth > _DEEPEST:
            break
    return text[start : start + _LONGEST_TITLE].partition("\n")[0]


def _plain(text: str) -> str:
    """The text without commands and braces; an escaped sign is kept."""
    return " ".join(_COMMAND.sub(lambda found: _SIGNS.get(found[0], " "), text).split())


_SIGNS = {f"\\{sign}": sign for sign in "%&#_$"}

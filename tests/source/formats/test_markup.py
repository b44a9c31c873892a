"""LaTeX, Org and AsciiDoc: the file's own text, with sections, code and marks told apart."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from source.document import Document
from source.errors import SourceEmpty, SourceError
from source.formats.markup.asciidoc import read_asciidoc
from source.formats.markup.org import read_org
from source.formats.markup.tex import read_tex

TEX = r"""\documentclass{article}
\title{On \emph{Harbours} \& Ships}
\author{Anna Berg \and Jo Lund}
\date{2031-05-14}
\begin{document}
\maketitle
% a remark
\section[Short]{Ships \label{s}}
Two ships \textbf{sail}
from Bergen.

\begin{itemize}
  \item One is red.
  \item The other
    is blue.
\end{itemize}
\begin{tabular}{ll}
\hline
Erik & 3 sails \\
\end{tabular}
\begin{verbatim}
\section{no} x = 1
\end{verbatim}
\subsection*{Costs}
They cost 40\% more.
\end{document}
"""
ORG = """#+TITLE: Harbours
#+AUTHOR: Anna Berg
#+DATE: <2031-05-14 Wed>
* TODO [#A] Ships   :sea:north:
SCHEDULED: <2031-05-20>
:PROPERTIES:
:ID: x
:END:
Two ships
sail.
- one is red
- one is blue
  with stripes

| Ship | Sails |
|------+-------|
| Erik | 3     |
| Anna | 2     |

#+BEGIN_SRC python
* no
#+END_SRC
** Costs
# a remark
#+BEGIN_QUOTE
They cost more.
#+END_QUOTE
"""
ADOC = """= Harbours
Anna Berg <anna@example.org>
v1.0, 2031-05-14
:toc:

Two ships
sail.

== Ships
// a remark
.The fleet
[cols="1,1"]
|===
| Ship | Sails

| Erik | 3
| Anna | 2
|===

* one is red
* one is blue

[source,python]
----
== no
----
=== Costs
NOTE: They cost more.
"""


def quotable(document: Document) -> list[str]:
    return [document.text[span.start : span.end] for span in document.quotable()]


def heading(document: Document, words: str) -> tuple[str, ...]:
    return document.place(document.text.index(words)).heading


def test_latex() -> None:
    document = read_tex(TEX, id="a.tex")
    assert document.text == TEX
    assert (document.title, document.authors, document.date) == (
        "On Harbours & Ships", ("Anna Berg", "Jo Lund"), "2031-05-14",
    )  # fmt: skip
    assert quotable(document) == [
        "Two ships \\textbf{sail}\nfrom Bergen.", "\\item One is red.", "\\item The other\n    is blue.",
        "Erik & 3 sails \\\\", "They cost 40\\% more.",
    ]  # fmt: skip
    assert heading(document, "They cost") == ("Ships", "Costs")
    assert document.place(document.text.index("They cost")).line == 25


def test_org() -> None:
    document = read_org(ORG, id="a.org")
    assert document.text == ORG
    assert (document.title, document.authors, document.date) == ("Harbours", ("Anna Berg",), "2031-05-14")
    assert quotable(document) == [
        "Two ships\nsail.", "- one is red", "- one is blue\n  with stripes", "| Erik | 3     |", "| Anna | 2     |",
        "They cost more.",
    ]  # fmt: skip
    assert heading(document, "| Anna") == ("Ships", "Ship | Sails")
    assert heading(document, "They cost") == ("Ships", "Costs")


def test_asciidoc() -> None:
    document = read_asciidoc(ADOC, id="a.adoc")
    assert document.text == ADOC
    assert (document.title, document.authors, document.date) == ("Harbours", ("Anna Berg",), "2031-05-14")
    assert quotable(document) == [
        "Two ships\nsail.", "| Erik | 3", "| Anna | 2", "* one is red", "* one is blue", "NOTE: They cost more.",
    ]  # fmt: skip
    assert heading(document, "| Anna") == ("Harbours", "Ships", "Ship | Sails")
    assert heading(document, "They cost") == ("Harbours", "Ships", "Costs")


@pytest.mark.parametrize("read", [read_tex, read_org, read_asciidoc])
def test_hostile_text_ends_quickly(read: object) -> None:
    assert callable(read)
    start = time.process_time()
    marks = ("\\section{", "\\title[", "\\item[", "\\begin{", "\\label{x}", "{", "\\", "* a :b", "| a ", "|-", "[")
    for mark in (*marks, ": ", "a:: ", "= ", "a b ", "#+begin_", "|===\n", "\n* a\n", "| a\n|-\n"):
        try:
            document = read(mark * 10_000, id="a")
        except SourceError:
            continue
        assert document.text == mark * 10_000
    assert time.process_time() - start < 5
    with pytest.raises(SourceEmpty):
        read("\n\n", id="a")


@pytest.mark.parametrize("table", ["tabular", "longtable", "array"])
def test_what_follows_a_table_is_prose_again(table: str) -> None:
    text = f"\\begin{{{table}}}{{ll}}\na & b \\\\\nc & d \\\\\n\\end{{{table}}}\nTwo ships\nsail.\n"
    document = read_tex(text, id="a.tex")
    assert [document.text[span.start : span.end] for span in document.quotable()] == [
        "a & b \\\\", "c & d \\\\", "Two ships\nsail.",
    ]  # fmt: skip


def test_titles_that_never_end_take_no_time(within: Callable[[float], AbstractContextManager[None]]) -> None:
    """Attack: each title of many looks for its end among the others."""
    with within(5):
        read_tex("Text.\n" + "\\section{\n" * 50_000, id="a.tex")

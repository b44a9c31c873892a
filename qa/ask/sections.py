"""Finds the clause or section that a question names by its number: "clause 4.2", "§ 7 (2)", "section 3".

>>> reference("What does clause 4.2 (b) say?")
'4.2 (b)'
"""

from __future__ import annotations

import re
from itertools import takewhile

from index import Store, context_of
from source import Document, Span

LONGEST_SECTION = 1200
"""Characters of a section that are quoted."""
_NUMBER = r"\d{1,4}(?:\.\d{1,4})*(?:\s?\(\w{1,4}\)){0,3}|[A-Z]\b|[IVXLC]{1,6}\b"
_REFERENCE = re.compile(
    r"(?:\b(?i:clauses?|sections?|articles?|paragraphs?|chapters?|rules?|points?|appendix|annex|schedule|steps?"
    r"|klausel|abschnitt|absatz|artikel|kapitel|punkt|ziffer|anhang|chapitre|alinéa|annexe|sección|cláusula|artículo"
    r"|capítulo|apartado|anexo|sezione|articolo|capitolo|пункт\w*|раздел\w*|стать\w*|глав\w*|приложени\w*|art\.)\s|§§?\s?)"
    rf"({_NUMBER})(?![\w.-]*\w)"
)
_WORD = r"(?:[^\W\d_]{2,12}\.?\s|§§?\s?)?"  # before the number: "Section 3", "§ 7"


def reference(question: str) -> str | None:
    """The number of the section that a question names; None if it names none."""
    found = _REFERENCE.search(question)
    return " ".join(found.group(1).split()) if found else None


# What a question about the whole content of a section may say besides its number and the names of the document.
_ASKS_CONTENT_WORDS = """
say says state states contain contains cover covers regulate regulates mean means tell tells explain show read reads
about text wording content contents rule rules section clause article paragraph quote give document
besagt steht sagt inhalt regelt dit contient prévoit dice contiene establece гласит говорит сказано написано
"""
_ASKS_CONTENT = frozenset(_ASKS_CONTENT_WORDS.split())


def is_content_of(store: Store, document: Document, question: str, span: Span) -> bool:
    """Whether a question that names a section asks for its content: no word of it asks for something in particular."""
    rest = _REFERENCE.sub(" ", question)
    words = [word for word in store.lexical.content_words(rest) if word not in _ASKS_CONTENT]
    return bool(store.lexical.contains(context_of(document, span.start), words).all())


def section_at(document: Document, span: Span, number: str) -> Span | None:
    """The section with this number that `span` lies in, as it is quoted; None if `span` isn't in it.

    It is a numbered paragraph with its sub-paragraphs ("4.2", "4.2.1"), or the text below a numbered heading.
    """
    main, _, part = number.partition(" (")
    if below := _below_heading(document, span, main):
        return _numbered(document, below, f"({part}") if part else _fitting(document, below)
    paragraph = document.places.paragraph(span.start)
    around = range(max(0, (paragraph or 1) - 1 - 20), min(len(document.places.paragraphs), (paragraph or 1) + 20))
    spans = [document.places.paragraphs[at] for at in around]
    return next((each for each in _numbered_runs(document, spans, number) if each.overlaps(span)), None)


def _is_numbered(text: str, number: str) -> bool:
    """Whether a heading or paragraph begins with a number, or with a word and the number ("Section 3")."""
    return bool(re.match(rf"\W{{0,4}}{_WORD}{re.escape(number)}(?!\w|\.\w)", text, re.IGNORECASE))


def _below_heading(document: Document, span: Span, number: str) -> list[Span]:
    """The paragraphs below the heading with this number, if `span` is below it."""
    path = document.places.heading(span.start)
    depth = next((at for at, title in enumerate(path) if _is_numbered(title, number)), None)
    if depth is None:
        return []
    wanted = path[: depth + 1]
    paragraphs = document.places.paragraphs
    first = last = (document.places.paragraph(span.start) or 1) - 1

    def is_below(at: int) -> bool:
        return document.places.heading(paragraphs[at].start)[: depth + 1] == wanted

    while first > 0 and is_below(first - 1) and span.start - paragraphs[first - 1].start <= LONGEST_SECTION:
        first -= 1
    while last + 1 < len(paragraphs) and is_below(last + 1) and paragraphs[last].end - span.start <= LONGEST_SECTION:
        last += 1
    return [paragraphs[at] for at in range(first, last + 1)]


def _numbered_runs(document: Document, spans: list[Span], number: str) -> list[Span]:
    """Each paragraph with this number, with its sub-paragraphs as far as they fit."""
    found = []
    for at, span in enumerate(spans):
        if _is_numbered(_own_number(document, span) or document.text[span.start : span.end], number):
            subs = takewhile(
                lambda each: re.match(rf"\W{{0,2}}{re.escape(number)}\.\w", document.text[each.start : each.end]),
                spans[at + 1 :],
            )
            found.append(_fitting(document, [span, *subs]))
    return found


def _own_number(document: Document, span: Span) -> str:
    """The automatic number of a paragraph; empty if it has none."""
    last = next(reversed(document.places.headings_at(span.start)), None)
    return last.title if last and last.is_number and last.start == span.start else ""


def _numbered(document: Document, spans: list[Span], number: str) -> Span | None:
    return next(iter(_numbered_runs(document, spans, number)), None)


def _fitting(document: Document, spans: list[Span]) -> Span:
    """From the first paragraph to the last that fits, without anything unquotable in between."""
    start = spans[0].start
    fitting = [
        each for each in spans if each.end - start <= LONGEST_SECTION and document.is_quotable(Span(start, each.end))
    ]
    return Span(start, fitting[-1].end if fitting else spans[0].end)

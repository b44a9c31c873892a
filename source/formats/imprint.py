"""Finds what a document states about itself: its authors, its date and its version.

The properties of a file come first (`properties`), then the first lines of the text, if
they say it plainly: "By Anna Berg", "Version 3.1", a date below the title. What stands in
the text is recorded with its span, so that it can be quoted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from source.document import LONGEST_VALUE, Document, RegionKind, Stated, StatedName
from source.formats.dates import dates_in
from source.spans import Span, SpanIndex
from source.untrusted_text import undirected

_HEAD = 4000  # characters in which a document states its facts
_LINES = 20  # of these characters
_LONGEST_LINE = 200  # a longer one is prose
_MOST_AUTHORS = 20

_SHOWN = (RegionKind.HEADING, RegionKind.REPETITION, RegionKind.ATTRIBUTION, RegionKind.FURNITURE)
_LINE = re.compile(r"[^\r\n]+")
_MARKS = " \t*_#>|"
_AUTHOR = re.compile(
    r"(?:authors?|author\(s\)|(?:written|prepared|compiled|edited|drafted) by"
    r"|verfasst von|verfasser(?:in)?|autor(?:in|en|es)?|auteure?s?"
    r"|rédigé par|escrito por|автор(?:ы)?|составитель|подготовил[аи]?)\s*[:：]?[\s*_]+(?=\S)",
    re.IGNORECASE,
)
_LABELLED = re.compile(r"[:：]|\b(?:by|von|par|por)\b", re.IGNORECASE)
_BY = re.compile(r"(?:by|von|par|por)\s+", re.IGNORECASE)
_WORD = r"[^\W\d_a-zа-я][\w'’.-]*"
_NAME_WORDS = (
    rf"(?:(?:Dr|Prof|Mr|Mrs|Ms)\.?\s)?{_WORD}"
    rf"(?:\s(?:(?:de|van|von|der|den|la|le|du|di|da|bin|al|of|for|the)\s){{0,2}}{_WORD})"
)
_NAME = re.compile(_NAME_WORDS + "{1,4}")
_LABELLED_NAME = re.compile(_NAME_WORDS + "{0,5}")
_BETWEEN = re.compile(r"\s*(?:[,;/&]|\b(?:and|und|et|y|и)\b)\s*", re.IGNORECASE)
_DATE_LABEL = re.compile(
    r"(?:date(?: of (?:issue|publication|adoption|meeting))?|dated"
    r"|(?:date )?(?:published|issued|created|written|approved|adopted)(?: on)?"
    r"|(?:last )?(?:updated|modified|revised|reviewed|amended)(?: on)?"
    r"|last (?:update|revision)|effective(?: date)?(?: from)?|in force (?:from|since)"
    r"|valid (?:from|as of)|as (?:of|at)|issue date|release date|publication date|revision date"
    r"|stand|datum|vom|veröffentlicht(?: am)?|gültig ab"
    r"|date de publication|publié le|mis à jour le|fecha(?: de publicación)?|actualizado"
    r"|дата|от|обновлено|опубликовано|действует с)"
    r"\s*[:：]?[\s*_]+(?=\S)",
    re.IGNORECASE,
)  # fmt: skip
_VERSION = re.compile(
    r"(?<![\w.])(?:version|edition|revision|rev\.|ausgabe|fassung|versión|edición|édition|révision|версия|редакция|издание|v(?=\.?\s?\d))"
    r"\s*(?:no\.?|number|№|:)?\s*(?P<number>\d{1,4}(?:\.\d{1,4}){0,3}[a-z]?)(?![\w]|\.\d)",
    re.IGNORECASE,
)
_DATED = re.compile(
    r"\b(?:minutes|meeting|report|agenda|protocol|protokoll|bericht|réunion|acta|informe|протокол|отчёт|отчет)\b", re.I
)
# Names that programs enter by themselves.
_GENERIC = re.compile(
    r"(?:user|users|admin|administrator|author|unknown|anonymous|owner|default|root|guest|none|n/?a|test|python-docx|python-pptx"
    r"|microsoft.*|windows.*|word|apple.*|adobe.*|acrobat.*|hp|dell|lenovo|asus|acer|pc|пользователь|админ\w*|benutzer|usuario|utilisateur"
    r"|unbekannt|libreoffice.*|openoffice.*|latex.*|tex|scan\w*|.*\bserver|.*\b(?:pc|laptop))",
    re.IGNORECASE,
)


def tidied(value: object) -> str:
    """A value on one line, without control characters; empty if it isn't text or shows nothing."""
    text = undirected(" ".join(str(value)[: 4 * LONGEST_VALUE].split())) if isinstance(value, str) else ""
    return text[:LONGEST_VALUE] if any(char.isalnum() for char in text) else ""


def properties(authors: Iterable[object] = (), date: object = "", version: object = "") -> tuple[Stated, ...]:
    """What a file's properties state, without names that programs enter and without what isn't a date."""
    names = (name for value in authors for name in _names(tidied(value)) if not _GENERIC.fullmatch(name))
    found = [Stated(StatedName.AUTHOR, name) for name in dict.fromkeys(names)][:_MOST_AUTHORS]
    found += [Stated(StatedName.DATE, iso) for _, iso in list(dates_in(_plain_date(tidied(date))))[:1]]
    own = tidied(version)
    return (*found, *([Stated(StatedName.VERSION, own)] if own else []))


_PDF_DATE = re.compile(r"(?:D:)?(?P<y>(?:19|20)\d{2})(?P<m>\d{2})(?P<d>\d{2})(?:\d{6})?(?:[Z+-].*)?\Z")


def _plain_date(value: str) -> str:
    """A property's date without its time."""
    if match := _PDF_DATE.match(value):
        return "-".join(match.groups())
    return value.partition("T")[0]


def _names(text: str) -> list[str]:
    """The names in a list of names."""
    return [name for name in (part.strip(" .*_") for part in re.split(r"[;,]|\s(?:and|und|et|y|и|&)\s", text)) if name]


def with_imprint(document: Document) -> Document:
    """The document with what its properties and its first lines state."""
    found: dict[StatedName, list[Stated]] = {}
    for source in (_in_text(document), document.stated, _in_name(document)):
        fresh: dict[StatedName, list[Stated]] = {}
        for each in source:
            fresh.setdefault(each.name, []).append(each)
        for name, values in fresh.items():
            found.setdefault(name, values[: _MOST_AUTHORS if name is StatedName.AUTHOR else 1])
    return replace(document, stated=tuple(each for name in StatedName for each in found.get(name, [])))


def _in_name(document: Document) -> Iterator[Stated]:
    """The date and the version in its title, or else in its file's name."""
    stem = PurePosixPath(document.path).stem if not document.path.endswith(".jsonl") else ""
    for name in (document.title, re.sub(r"[_\s]+", " ", stem)):
        yield from (Stated(StatedName.DATE, iso) for _, iso in dates_in(name[:LONGEST_VALUE]))
        if version := _VERSION.search(name[:LONGEST_VALUE]):
            yield Stated(StatedName.VERSION, version["number"])


def _in_text(document: Document) -> list[Stated]:
    """What the first lines state, the plainest first."""
    plain: list[Stated] = []
    likely: list[Stated] = []
    hidden = SpanIndex([each.span for each in document.regions if each.kind not in _SHOWN])
    lines = [Span(*match.span()) for match in _LINE.finditer(document.text, 0, _end(document))]
    for number, span in enumerate(lines[:_LINES]):
        line = document.text[span.start : span.end]
        if len(line) > _LONGEST_LINE or hidden.overlap(span):
            continue
        start = span.start + len(line) - len(line.lstrip(_MARKS))
        words = document.text[start : span.end]
        plain += _labelled(words, start)
        if number < _LINES // 2:
            likely += _unlabelled(words, start, " ".join(line.strip(_MARKS).split()) == document.title)
    return plain + likely


def _end(document: Document) -> int:
    """Where the first lines end: with the first page, if there are pages."""
    pages = document.places.pages
    return min(_HEAD, pages[1] if len(pages) > 1 else _HEAD, len(document.text))


def _labelled(line: str, start: int) -> Iterator[Stated]:
    """What a line states with a label: "Author: …", "Date: …", "Version 3.1"."""
    label = _AUTHOR.match(line)
    if label and _LABELLED.search(label.group()):
        yield from _authors(_LABELLED_NAME, line, label.end(), start)
    for part in _parts(line):
        label = _DATE_LABEL.match(line, part.start, part.end)
        first = next(dates_in(line[label.end() : part.end]), None) if label else None
        if label and first and not line[label.end() : label.end() + first[0].start].strip(_MARKS + ":"):
            at = start + label.end()
            yield Stated(StatedName.DATE, first[1], Span(at + first[0].start, at + first[0].end))
        version = _VERSION.match(line, part.start, part.end)
        if version:
            yield Stated(StatedName.VERSION, version["number"], _moved(version.span("number"), start))


_SEPARATOR = re.compile(r"\s(?:[|·•–—-]|//)\s|[,;(]\s?|\t")


def _parts(line: str) -> Iterator[Span]:
    """The parts of a line such as "Version 3.1 – 12 March 2024"."""
    at = 0
    for separator in _SEPARATOR.finditer(line):
        yield Span(at, separator.start())
        at = separator.end()
    yield Span(at, len(line))


def _unlabelled(line: str, start: int, is_title: bool) -> Iterator[Stated]:
    """What a short line states by itself: "By Anna Berg", a date alone, the date in a title or of minutes."""
    by = _BY.match(line)
    if by and len(line) < _LONGEST_LINE // 2:
        yield from _authors(_NAME, line, by.end(), start)
    dates = list(dates_in(line))
    if not dates:
        return
    span, iso = dates[0]
    rest = (line[: span.start] + line[span.end :]).strip(_MARKS + ".,()-–—:")
    named = len(iso) > 4 and (is_title or (_DATED.search(line) and not re.search(r"[.!?]\s", line)))
    if named or not rest or (len(iso) > 4 and _is_place(rest)) or _VERSION.match(rest):
        yield Stated(StatedName.DATE, iso, Span(start + span.start, start + span.end))


_PLACE = re.compile(
    r"[^\W\d_]+(?:[ -][^\W\d_]+)?,?(?:\s(?:den|le|on))?|(?:mon|tues|wednes|thurs|fri|satur|sun)day,?", re.I
)


def _is_place(rest: str) -> bool:
    """Whether what stands beside a date is only a place or a day of the week: "Lund, 12 March 2024"."""
    return bool(_PLACE.fullmatch(rest))


def _authors(pattern: re.Pattern[str], line: str, at: int, start: int) -> Iterator[Stated]:
    """The names from an offset of a line on; none if another text than a title or a date follows them."""
    found = []
    while name := pattern.match(line, at):
        found.append(Stated(StatedName.AUTHOR, tidied(name.group()), _moved(name.span(), start)))
        between = _BETWEEN.match(line, name.end())
        at = between.end() if between else name.end()
        if not between:
            break
    rest = line[at:].strip(_MARKS + ".,")
    if not rest or rest[:1] in "(–—-·<" or rest[:1].isupper() or next(dates_in(rest), None):
        yield from found


def _moved(offsets: tuple[int, int], by: int) -> Span:
    return Span(by + offsets[0], by + offsets[1])

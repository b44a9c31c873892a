"""Finds the dates in a short text, and writes them in ISO form.

>>> [iso for _, iso in dates_in("Minutes of 12 March 2024 (agreed 2024-04-02)")]
['2024-03-12', '2024-04-02']
>>> [iso for _, iso in dates_in("Stand: März 2023")], [iso for _, iso in dates_in("3/4/2021")]
(['2023-03'], ['2021'])
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from source.spans import Span

_MONTHS = (
    "january jan janvier januar jänner enero января январь",
    "february feb février februar febrero февраля февраль",
    "march mar mars märz marzo марта март",
    "april apr avril abril апреля апрель",
    "may mai mayo мая май",
    "june jun juin juni junio июня июнь",
    "july jul juillet juli julio июля июль",
    "august aug août agosto августа август",
    "september sep sept septembre septiembre сентября сентябрь",
    "october oct octobre oktober octubre октября октябрь",
    "november nov novembre noviembre ноября ноябрь",
    "december dec décembre dezember diciembre декабря декабрь",
)
_MONTH = {name: number for number, names in enumerate(_MONTHS, 1) for name in names.split()}
_NAME = "|".join(sorted(_MONTH, key=len, reverse=True))
_DATE = re.compile(
    r"\b(?P<y1>[12]\d{3})-(?P<m1>\d{2})(?:-(?P<d1>\d{2}))?(?![\d-])"
    rf"|\b(?P<d2>\d{{1,2}})(?:st|nd|rd|th|er|\.)?\s(?:of\s|de\s)?(?P<m2>{_NAME})\.?,?\s(?:de\s)?(?P<y2>[12]\d{{3}})\b"
    rf"|\b(?P<m3>{_NAME})\.?\s(?P<d3>\d{{1,2}})(?:st|nd|rd|th)?,?\s(?P<y3>[12]\d{{3}})\b"
    rf"|\b(?P<m4>{_NAME})\.?,?\s(?:de\s)?(?P<y4>[12]\d{{3}})\b"
    r"|\b(?P<d5>\d{1,2})\.\s?(?P<m5>\d{1,2})\.\s?(?P<y5>[12]\d{3})\b"
    r"|\b(?P<a6>\d{1,2})/(?P<b6>\d{1,2})/(?P<y6>[12]\d{3})\b"
    r"|\b(?P<y7>[12]\d{3})/(?P<m7>\d{1,2})/(?P<d7>\d{1,2})\b"
    r"|(?P<y8>[12]\d{3})年(?P<m8>\d{1,2})月(?:(?P<d8>\d{1,2})日)?"
    r"|(?<![\w.,/$€£#-])(?P<y9>(?:19|20)\d{2})(?![\w%/]|[.,]\d|-\d)",
    re.IGNORECASE,
)


def dates_in(text: str) -> Iterator[tuple[Span, str]]:
    """The dates in a text, each with its span and in ISO form, as precise as it is written.

    "3/4/2021" is only its year, because it is two days. A bare year counts from 1900 to 2099.
    """
    for match in _DATE.finditer(text):
        parts = {name[0]: value for name, value in match.groupdict().items() if value}
        if iso := _iso(parts):
            yield Span(*match.span()), iso


def _iso(parts: dict[str, str]) -> str:
    year = int(parts["y"])
    if "a" in parts:
        first, second = int(parts["a"]), int(parts["b"])
        if min(first, second) <= 12 < max(first, second):
            return _valid(year, min(first, second), max(first, second))
        return str(year) if first != second else _valid(year, first, second)
    if "m" not in parts:
        return str(year)
    month = _MONTH.get(parts["m"].lower()) or int(parts["m"])
    return _valid(year, month, int(parts["d"]) if "d" in parts else None)


def _valid(year: int, month: int, day: int | None) -> str:
    """The date in ISO form; empty if there is no such day."""
    try:
        found = date(year, month, day or 1)
    except ValueError:
        return ""
    return found.isoformat() if day else found.isoformat()[:7]

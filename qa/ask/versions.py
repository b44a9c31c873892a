"""Shows what several versions of one document say beside each other, the newest first."""

from __future__ import annotations

import re
from collections.abc import Sequence

from index.text.analyzer import fold, split_words
from qa.answer import Quote
from qa.ask.understand.about import words_of

_NUMBER = re.compile(r"v?\d+[a-z]?|")
_YEAR = re.compile(r"(?:19|20)\d\d")
# The words by which the titles of a document's versions differ, beside numbers.
_CHANGING = words_of("changing")
_PART = re.compile(r"[^\W_]+")
_ALIKE = 0.5  # the share of their words that two quotes about the same have in common, numbers aside


def newest_first(quotes: Sequence[Quote], question: str) -> tuple[Quote, ...]:
    """The quotes with those beside each other that say the same thing in versions of one document, newest first.

    Versions are documents whose titles differ by a year, a date or a version only. The order stays as it is if
    the question names a year, or where a date is unknown.
    """
    if _YEAR.search(question):
        return tuple(quotes)
    ordered: list[Quote] = []
    for quote in quotes:
        if quote not in ordered:
            versions = [other for other in quotes if other not in ordered and (other is quote or _same(quote, other))]
            ordered += sorted(versions, key=lambda each: each.document.date, reverse=True)
    return tuple(ordered)


def _same(one: Quote, other: Quote) -> bool:
    """Whether two quotes are the same statement in two versions of a document, both with known dates."""
    a, b = one.document, other.document
    if a.id == b.id or not (a.date and b.date) or family(a.title) != family(b.title):
        return False
    words, others = (
        {word for word in split_words(each.text) if not any(char.isdigit() for char in word)} for each in (one, other)
    )
    return len(words & others) >= _ALIKE * max(1, len(words | others))


def family(title: str) -> list[str]:
    """What the titles of a document's versions have in common.

    >>> family("Travel Policy 2021"), family("travel-policy_v2 (March 2023)")
    (['travel', 'policy'], ['travel', 'policy'])
    """
    words = _PART.findall(fold(title))
    return [word for word in words if word not in _CHANGING and not _NUMBER.fullmatch(word)]

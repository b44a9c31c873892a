"""Joins the answers to the parts of a question into one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, zip_longest

from qa.answer import Answer, Quote


def merged(question: str, searched_for: str, answers: Sequence[Answer], count: int) -> Answer:
    """One answer with at most `count` quotes: the best of each part in the order asked, then the second best.

    Parts that are not answered are left out if any is answered.
    """
    settled = [each for each in answers if each.answered]
    quotes = tuple(_interleaved([each.quotes or each.nearest for each in settled or answers], count))
    return Answer(
        question=question,
        answered=bool(settled),
        confidence=settled[0].confidence if settled else max(each.confidence for each in answers),
        quotes=quotes if settled else (),
        nearest=() if settled else quotes,
        searched_for=searched_for,
    )


def _interleaved(parts: Sequence[Sequence[Quote]], count: int) -> list[Quote]:
    """The first quotes of each part, then the second ones, without those that overlap an earlier one."""
    found: list[Quote] = []
    for quote in filter(None, chain.from_iterable(zip_longest(*parts))):
        if len(found) < count and not any(_overlap(quote, each) for each in found):
            found.append(quote)
    return found


def _overlap(one: Quote, other: Quote) -> bool:
    return one.document.id == other.document.id and one.span.overlaps(other.span)

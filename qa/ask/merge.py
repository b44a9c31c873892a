"""Joins the answers to the parts of a question into one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, zip_longest

from qa.answer import Answer, Quote, State


def merged(question: str, searched_for: str, answers: Sequence[Answer], count: int) -> Answer:
    """One answer with at most `count` quotes: the best of each part in the order asked, then the second best.

    It is in the best state of any part. Parts in a worse one are left out.
    """
    state = min((each.state for each in answers), key=list(State).index)
    settled = [each for each in answers if each.state is state]
    answered = state is State.ANSWERED
    quotes = tuple(_interleaved([each.quotes or each.nearest for each in settled], count))
    return Answer(
        question=question,
        state=state,
        confidence=settled[0].confidence if answered else max(each.confidence for each in settled),
        quotes=quotes if answered else (),
        nearest=() if answered else quotes,
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

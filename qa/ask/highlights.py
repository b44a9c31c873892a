"""Finds the words of a sentence that answer a question, by a heuristic: for languages the reader doesn't know.

The words that answer are seldom the question's own. Of the runs of words that are
not in the question, the heuristic picks the one of the expected type (a number, a
date, a name) that is closest to the question's words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from qa.ask.answer_type import AnswerType, answer_type
from source import Span

_WORD = re.compile(r"[^\W_]+(?:['’.,-][^\W_]+)*%?")
_CLAUSE_END = re.compile(r"[,;:()\[\]“”\"«»!?—–，。；：、]|\.\s")
_SCALE = (
    r"(?:thousand|million|billion|trillion|percent|per cent|Millionen|Milliarden|Prozent|millones|por ciento"
    r"|тысяч\w*|миллион\w*|миллиард\w*|процент\w*)"
)
_NUMBER = re.compile(
    rf"(?:[$€£¥₽]\s?)?\d+(?:[.,]\d+)*(?:\s?%|\s{_SCALE}\b)?|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
    rf"|twenty|thirty|forty|fifty|hundred|half|dozen|один|два|три|четыре|пять)\b(?:\s{_SCALE}\b)?",
    re.IGNORECASE,
)
_MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December"
    r"|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|января|февраля|марта|апреля|мая|июня|июля|августа|сентября|октября|ноября|декабря)\.?"
)
_TIME = re.compile(
    rf"\b\d{{1,2}}(?:st|nd|rd|th)?(?:\s?[-–]\s?\d{{1,2}})?\s(?:of\s)?{_MONTH}(?:,?\s\d{{4}})?"
    rf"|\b{_MONTH}(?:\s\d{{1,2}}(?:st|nd|rd|th)?(?:\s?[-–]\s?\d{{1,2}})?)?(?:,?\s\d{{4}})?\b"
    r"|\b(?:the\s)?\d{1,2}(?:st|nd|rd|th)\scentury|\b[12]\d{3}(?:s|\s?[-–]\s?(?:[12]\d)?\d{2})?\b"
    r"|(?<!\d)\d++\s?(?:年|月|日|г\.|год\w*)"
    r"|\b\d+\s(?:years?|months?|weeks?|days?|hours?|minutes?)(?:\sago)?\b"
)
_NAME = re.compile(
    r"[^\W\d_a-zа-яß-ÿ][\w'’.-]*(?:\s(?:(?:of|the|de|la|von|van|der|du|al|bin)\s){0,2}[^\W\d_a-zа-яß-ÿ][\w'’-]*)*"
)
_PART_END = re.compile(r"[;:()—–，；：]|,(?=\s)")
_LIST_MARKER = re.compile(r"\(?\d{1,3}[.)]\s+|[-*•–]\s+")
_LONGEST_RUN = 20  # words


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a sentence.

    `share`: its share of the question's terms; 0 if it isn't one. `stop`: whether it is a stop word.
    """

    span: Span
    share: float
    stop: bool


def highlight(text: str, words: Sequence[Word], sentence: Span, question: str) -> Span:
    """The words of `sentence` (a span of `text`) that answer best; the whole sentence if there are none."""
    of_type = _FINDERS.get(answer_type(question))
    spans = list(of_type(text, words, sentence)) if of_type else []
    spans = spans or list(_runs(text, words))
    if not spans:
        return sentence
    return max(spans, key=lambda span: _nearness(span, words))


def clause(text: str, answer: Span, sentence: Span) -> Span:
    """The part of `sentence`, between commas and the like, that contains the span `answer`."""
    breaks = list(_PART_END.finditer(text, sentence.start, sentence.end))
    start = max((each.end() for each in breaks if each.end() <= answer.start), default=sentence.start)
    end = min((each.start() for each in breaks if each.start() >= answer.end), default=sentence.end)
    part = without_marker(text, Span(start, end))
    words = text[part.start : part.end]
    end = part.start + len(words.rstrip(" .!?…。！？"))
    return Span(part.end - len(words.lstrip()), end) if end > answer.start else answer


def _matching(pattern: re.Pattern[str]) -> Callable[[str, Sequence[Word], Span], Iterator[Span]]:
    """Makes a function that finds the matches of a pattern without any of the question's words."""

    def find(text: str, words: Sequence[Word], sentence: Span) -> Iterator[Span]:
        for match in pattern.finditer(text, sentence.start, sentence.end):
            span = Span(match.start(), match.start() + len(match.group().rstrip(".,-–'’ ")))
            inside = [word for word in words if span.overlaps(word.span)]
            if inside and not any(word.share for word in inside) and not all(word.stop for word in inside):
                yield span

    return find


_FINDERS = {
    AnswerType.NUMBER: _matching(_NUMBER),
    AnswerType.TIME: _matching(_TIME),
    AnswerType.NAME: _matching(_NAME),
}


def _runs(text: str, words: Sequence[Word]) -> Iterator[Span]:
    """The runs of words within a clause that are not in the question, without stop words at their ends."""
    run: list[Word] = []
    for word in [*words, None]:
        ends = word is None or word.share or (run and _CLAUSE_END.search(text, run[-1].span.end, word.span.start))
        if ends:
            run = run[:_LONGEST_RUN]
            while run and run[0].stop:
                run.pop(0)
            while run and run[-1].stop:
                run.pop()
            if run:
                yield Span(run[0].span.start, run[-1].span.end)
            run = []
        if word is not None and not word.share:
            run.append(word)


def _nearness(span: Span, words: Sequence[Word]) -> float:
    """How near the question's words are to `span`: the sum of share / (1 + words in between)."""
    first = next(i for i, word in enumerate(words) if word.span.end > span.start)
    last = next((i for i, word in enumerate(words) if word.span.start >= span.end), len(words)) - 1
    near = 0.0
    for i, word in enumerate(words):
        if word.share:
            between = max(first - i, i - last, 0)
            near += word.share / (1 + between)
    return near


def split(text: str, sentence: Span) -> list[Span]:
    """The spans of a sentence's words, without the marker of a list item."""
    item = without_marker(text, sentence)
    return [Span(*match.span()) for match in _WORD.finditer(text, item.start, item.end)]


def without_marker(text: str, sentence: Span) -> Span:
    """A sentence without the number or bullet of a list item at its start."""
    marker = _LIST_MARKER.match(text, sentence.start, sentence.end)
    return Span(marker.end(), sentence.end) if marker and marker.end() < sentence.end else sentence

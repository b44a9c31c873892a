"""Divides a question that asks two things, or compares two, into parts that are searched for one by one.

>>> [part.question for part in in_parts(["What is the fee and when is it due?"], None)]
['What is the fee?', 'when is it due?']
>>> [part.question for part in in_parts(["Is the day pass or the week pass cheaper?"], None)]
['Is the day pass cheaper?', 'Is the week pass cheaper?']

A part that refers to the one before it, or is cut out of a comparison, has the rest as its context. Comparisons and
clauses are divided in English only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from qa.ask.conversation import ContextualQuestion
from qa.ask.understand.phrases import AUXILIARIES, COMPARATIVES, EMPTY_WORDS, REFERENCES

MOST_PARTS = 4
"""The most parts of a question; the last one has the rest."""

_WH = r"(?:(?:in|on|at|to|for|by|from|of|with|until|since) )?(?:what|which|who|whom|whose|where|when|why|how)\b"
_AUX = rf"(?:{AUXILIARIES})\b"
_PRONOUN = r"(?:it|they|i|we|you|there|he|she|this|that|these|those)"
_ASKS_DIRECTLY = rf"{_WH}(?: [\w'’-]+){{0,2}}? {_AUX}|{_AUX} {_PRONOUN}\b|who [^\W_]+"
_ASKS_INDIRECTLY = rf"{_WH}(?: [\w'’-]+){{1,3}}? {_AUX}|{_WH}(?: [\w-]+){{0,2}} (?:it|he|she|that|there)['’]s\b"
_SECOND = re.compile(
    rf",? (?:and also|and|as well as) (?=(?P<direct>{_ASKS_DIRECTLY})|{_ASKS_INDIRECTLY})", re.IGNORECASE
)
_FIRST_ASKS = re.compile(rf"(?:so |and |but )?(?:{_WH}|{_AUX})", re.IGNORECASE)
_REFERS = re.compile(r"\b(?:it|they|he|she|that|those)\b", re.IGNORECASE)
# "what the fee is", as in "Can you tell me what the fee is?"
_EMBEDDED = re.compile(
    rf"{_WH}(?: (?:much|many|long|often))? (?:the|a|an|my|our|your|this|it|they|i|we|you)\b", re.IGNORECASE
)
_SHORTEST = 3  # words: "What year and where was it?" asks one thing
_TWO_SIDED = re.compile(r"\b(?:between|both|depend\w*|differ\w*)\b", re.IGNORECASE)
_RELATIVE = re.compile(r"(?:\w+ )?(?P<word>who|which|where|when|whose|whom|what|how)\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*")

_SIDE = r"[^,;:?]{1,80}?"
# "Which is cheaper, A or B?"
_CHOICE = re.compile(
    rf"(?P<before>(?:which|who|what|where|how)\b[^?,;:]*\b{COMPARATIVES}\b[^?,;:]*(?:[,:;]| [–—-]) )"
    rf"(?P<a>{_SIDE}),? or (?P<b>{_SIDE})(?P<after>[ ?.]*)",
    re.IGNORECASE,
)
# "Is A or B cheaper?"
_WHETHER = re.compile(
    rf"(?P<before>{_AUX} )(?P<a>{_SIDE}) or (?P<b>{_SIDE})"
    rf"(?P<after> (?:a |an |the |much )?{COMPARATIVES}(?: [\w-]+)?(?: (?:for|in|on|at|to|with) [^?]{{1,60}})?[ ?.]*)",
    re.IGNORECASE,
)
# "What is the difference between A and B?"
_BETWEEN = re.compile(
    rf"(?P<before>.*\b(?:difference|distinction|compare|differ|contrast)s?(?: [\w-]+){{0,3}} between )"
    rf"(?P<a>{_SIDE}) and (?P<b>{_SIDE})(?P<after>[ ?.]*)",
    re.IGNORECASE,
)
# "How does A compare to B?"
_COMPARED = re.compile(
    rf"(?P<before>how (?:does|do|did) )(?P<a>{_SIDE}) (?:compare (?:to|with)|differ from) "
    rf"(?P<b>{_SIDE})(?P<after>[ ?.]*)",
    re.IGNORECASE,
)
# "Compare A with B", "A vs. B"
_VERSUS = re.compile(
    rf"(?P<before>(?:compare )?)(?P<a>(?!{_WH}|{_AUX}){_SIDE}),? (?:vs\.?|versus) (?P<b>{_SIDE})(?P<after>[ ?.]*)",
    re.IGNORECASE,
)
_COMPARE = re.compile(
    rf"(?P<before>compare )(?P<a>{_SIDE}) (?:and|with|to) (?P<b>{_SIDE})(?P<after>[ ?.]*)", re.IGNORECASE
)
_COMPARISONS = (_CHOICE, _WHETHER, _BETWEEN, _COMPARED, _VERSUS, _COMPARE)


def in_parts(questions: Sequence[str], context: str | None) -> tuple[ContextualQuestion, ...]:
    """The parts of questions that were asked together, in order. `context`: sentences that they refer to."""
    found: list[ContextualQuestion] = []
    for question in questions:
        for part in _parts(question):
            before = found[0].question if found and not part.context and _needs_context(part.question) else None
            words = " ".join(filter(None, (context, part.context or before)))
            found.append(ContextualQuestion(part.question, words or None))
    if len(found) > MOST_PARTS:
        rest = found[MOST_PARTS - 1 :]
        found[MOST_PARTS - 1 :] = [ContextualQuestion(" ".join(each.question for each in rest), rest[0].context)]
    return tuple(found)


def content_words(question: str) -> list[str]:
    """The words of a question that say what it is about, in lower case."""
    return [word for word in _WORD.findall(question.lower().replace("’", "'")) if word not in EMPTY_WORDS]


def _needs_context(question: str) -> bool:
    return bool(REFERENCES.search(question)) or not content_words(question)


def _parts(question: str) -> list[ContextualQuestion]:
    if sides := _compared(question):
        return [ContextualQuestion(side, question) for side in sides]
    mark = "?" if question.endswith("?") else ""
    return [ContextualQuestion(f"{clause.rstrip('?')}{mark}") for clause in _clauses(question)]


def _compared(question: str) -> tuple[str, str] | None:
    """The question about each of the two things that it compares; None if it doesn't compare."""
    for pattern in _COMPARISONS:
        if match := pattern.fullmatch(question):
            sides = match["a"], match["b"]
            if all(map(content_words, sides)):
                first, second = (f"{match['before']}{side}{match['after']}" for side in sides)
                return first, second
    return None


def _clauses(question: str) -> Iterator[str]:
    """The question cut before each "and" that joins another question to it."""
    start = 0
    for match in _SECOND.finditer(question):
        if _is_joined(question[start : match.start()], question[match.end() :], bool(match["direct"])):
            yield question[start : match.start()]
            start = match.end()
    yield question[start:]


def _is_joined(first: str, second: str, is_direct: bool) -> bool:
    """Whether both sides of an "and" are questions of their own."""
    asks = _FIRST_ASKS.match(first)
    if not asks or not (is_direct or _EMBEDDED.match(first)) or _TWO_SIDED.search(first):
        return False
    relative = _RELATIVE.match(second)
    repeats = relative and re.search(rf"\b{relative['word']}\b", first[asks.end() :], re.IGNORECASE)
    says = content_words(second) or _REFERS.search(second)
    return bool(content_words(first) and says) and len(first.split()) >= _SHORTEST and not repeats

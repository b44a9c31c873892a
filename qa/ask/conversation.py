"""The first step of a question: it is validated, and follow-ups get their context from the conversation.

Joining every question to the previous one loses more than it gains (hit@1 on
MTRAG: .56 alone, .43 joined), and so does adding the previous answer. A question
therefore gets a context only where its words call for one. If a pronoun refers to
a person who is known, the name replaces it. If it is only another year, number or
code ("And in 2022?"), it replaces the one asked about before. Otherwise the question
before is searched for as well, at a lower weight (hit@1 .60).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from source import UsageError, is_unicode, strings

MAX_QUESTION = 2000
"""The longest question, in characters."""
_HISTORY = 8  # newest earlier questions that are considered
CONTEXT_WEIGHT = 0.5
"""How much the context weighs in the search; the question itself weighs 1."""
_SHORT = 3  # words: a question of so few is taken for a follow-up
_RECALLED = 2  # newest "who" questions that are answered again to learn a name: each costs as much as a question

_PERSON = re.compile(r"\b(?:he|she|him|his|hers?)\b", re.IGNORECASE)
_POSSESSIVE = re.compile(r"his\b|her\s+\w|hers\b", re.IGNORECASE)
_ASKS_WHO = re.compile(r"\bwho(?:m|se)?\b", re.IGNORECASE)
_NAME = re.compile(r"[A-ZÀ-ÞА-ЯЁ][\w'’.-]*(?:\s[A-Z][\w'’-]*)+")
_REFERS_BACK = re.compile(
    r"\b(?:it|its|he|she|his|her|hers|him|they|them|their|theirs|this|that|these|those|there|one|ones|such|same"
    r"|он|она|оно|они|его|её|ее|их|ему|ей|им|нём|нем|них|этот|эта|это|эти|этого|этой|этих|там|тот|та|те|такой"
    r"|er|sie|es|ihn|ihm|ihr|ihre|sein|seine|dies|diese|dieser|dort|él|ella|ellos|ellas|su|sus|eso|esto|allí"
    r"|il|elle|ils|elles|leur|leurs|cela|ceci)\b|[他她它]们?|这|那",
    re.IGNORECASE,
)
_CONTINUES = re.compile(
    r"(?:and|but|so|or|also|then|what about|how about|why|any other|anything else"
    r"|а|и|но|или|почему|und|aber|y|pero|et|mais)\b"
    r"|那么?|还有",
    re.IGNORECASE,
)

_CODE = r"(?:[^\W\d_]+[-.]?)?\d[\w.-]*\w|(?:[^\W\d_]+[-.]?)?\d"  # a number or a year, or one with letters: "F-07"
_CODES = re.compile(rf"(?<![\w.-])({_CODE})(?![\w-])(?:\s?\(\w{{1,4}}\))*")
_IS_CODE = re.compile(
    rf"(?:(?:and|but|or|what about|how about|what of|а|и|а что насчёт|und|aber|oder|y|e|et)\s)?"
    rf"(?:[^\W\d_]{{1,4}}\s){{0,2}}({_CODE})\W*",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?:19|20)\d\d")
_DIGITS = re.compile(r"\d+(?:\.\d+)*")

Recall = Callable[[str], str | None]
"""Returns the name that answers an earlier "who" question, or None."""


@dataclass(frozen=True, slots=True)
class ContextualQuestion:
    """A question that can be searched for: pronouns resolved, or with an earlier question as its context."""

    question: str
    context: str | None = None

    @property
    def searched_for(self) -> str:
        """Both as one line of text, to show the user."""
        return f"{self.context} {self.question}" if self.context else self.question


def validated(question: str) -> str:
    """The question without surrounding white space. Raises UsageError if it is empty, too long or not Unicode."""
    if not isinstance(question, str):
        raise UsageError(f"The question must be a string, not {type(question).__name__}.")
    text = question.strip()
    if not _has_words(text):
        raise UsageError("Please use words in your question." if text else "Please type a question.")
    if len(text) > MAX_QUESTION:
        raise UsageError(f"That question is too long ({len(text):,} characters; the limit is {MAX_QUESTION:,}).")
    if not is_unicode(text):
        raise UsageError("The question isn't valid UTF-8.")
    return text


def usable_history(history: Sequence[str]) -> list[str]:
    """The last few earlier questions, without those that are not valid questions. Raises UsageError."""
    valid = [
        text
        for text in strings(history, "history")
        if _has_words(text) and is_unicode(text) and len(text) <= MAX_QUESTION
    ]
    return valid[-_HISTORY:]


def _has_words(text: str) -> bool:
    return any(char.isalnum() for char in text)


def in_context(question: str, history: Sequence[str], recall: Recall) -> ContextualQuestion:
    """The question with the context it needs from the earlier questions, oldest first."""
    earlier = [text.strip() for text in history if text.strip() and text.strip() != question]
    if not earlier or not _is_follow_up(question):
        return ContextualQuestion(question)
    if _PERSON.search(question) and (person := _person(earlier, recall)):
        return ContextualQuestion(_with_name(question, person))
    topic, last = _topic(earlier)
    if filled := _filled(topic, question):
        return ContextualQuestion(filled)
    return ContextualQuestion(question, " ".join(filter(None, (topic, last))))


def _topic(earlier: Sequence[str]) -> tuple[str, str]:
    """The last question that stands alone, perhaps with what later ones put in it, and the last follow-up to it."""
    topic, last = earlier[0], ""
    for question in earlier[1:]:
        if not _is_follow_up(question):
            topic, last = question, ""
        elif filled := _filled(topic, question):
            topic, last = filled, ""
        else:
            last = question
    return topic, last


def _filled(topic: str, question: str) -> str | None:
    """The topic with the year, number or code that the question consists of in place of its own of that kind."""
    found = _IS_CODE.fullmatch(question)
    own = [match for match in _CODES.finditer(topic) if found and _kind(match.group(1)) == _kind(found.group(1))]
    if not found or len(own) != 1:
        return None
    return topic[: own[0].start()] + found.group(1) + topic[own[0].end() :]


def _kind(code: str) -> str:
    """What two codes of one kind have in common: all but their digits; years are not just numbers."""
    return "year" if _YEAR.fullmatch(code) else _DIGITS.sub("0", code.casefold())


def asks_for_person(question: str) -> bool:
    """Whether a person's name would answer the question."""
    return bool(_ASKS_WHO.search(question))


def person_name(text: str) -> str | None:
    """The last word of the first run of capitalised words: the last name.

    Titles and first names come before it, and a text that has introduced a
    person in full uses the last name from then on.
    """
    run = _NAME.search(text)
    return run.group().split()[-1] if run else None


def _is_follow_up(question: str) -> bool:
    return bool(_REFERS_BACK.search(question) or _CONTINUES.match(question) or len(question.split()) <= _SHORT)


def _person(earlier: Sequence[str], recall: Recall) -> str | None:
    """The person mentioned last in the conversation: named in a question, or the answer to one."""
    recalls = _RECALLED
    for question in reversed(earlier):
        if name := _NAME.search(question.partition(" ")[2]):  # the first word is capitalised in any case
            return name.group().removesuffix("'s").removesuffix("’s")
        if recalls and asks_for_person(question):
            recalls -= 1
            if person := recall(question):
                return person
    return None


def _with_name(question: str, person: str) -> str:
    """The question with its first pronoun replaced by the person."""

    def replacement(match: re.Match[str]) -> str:
        return f"{person}’s" if _POSSESSIVE.match(question, match.start()) else person

    return _PERSON.sub(replacement, question, count=1)

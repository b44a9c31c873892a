"""Questions: validated, and understood in their conversation.

Joining every question to the one before it loses more than it gains (on MTRAG
hit@1 .56 alone, .43 joined), and so does adding what was answered before. A
question gets its context only where its words call for one: the person that a
pronoun means takes the pronoun's place; otherwise the question before it is
searched for beside it, at a lower weight (.60).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from source import UsageError, is_unicode

MAX_QUESTION = 2000
"""Characters; a longer question is refused."""
_REMEMBERED = 8  # earlier questions that a follow-up may lean on


def usable_history(history: Sequence[str]) -> list[str]:
    """The earlier questions that a follow-up may lean on; what could not be asked is passed over."""
    may = [text for text in history if _says_something(text) and is_unicode(text) and len(text) <= MAX_QUESTION]
    return may[-_REMEMBERED:]


def _says_something(text: str) -> bool:
    return any(char.isalnum() for char in text)


def validated(question: str) -> str:
    """The question without the white space around it. Raises UsageError for one that cannot be asked."""
    text = question.strip()
    if not _says_something(text):
        raise UsageError("The question is empty; write what you want to know in words.")
    if len(text) > MAX_QUESTION:
        raise UsageError(f"The question has {len(text):,} characters; ask in {MAX_QUESTION:,} at most.")
    if not is_unicode(text):
        raise UsageError("The question holds half of a character; write it in UTF-8.")
    return text


CONTEXT_WEIGHT = 0.5
_SHORT = 3  # words
_ASKED_AGAIN = 2  # earlier questions, the newest of those that ask for a person: each costs as much as a question

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

Recall = Callable[[str], str | None]
"""Gives the name that answered an earlier question after a person, if one did."""


@dataclass(frozen=True, slots=True)
class Understood:
    """A question as understood in its conversation: itself, and the earlier one it leans on."""

    question: str
    context: str | None = None

    @property
    def searched_for(self) -> str:
        """One line to show the reader."""
        return f"{self.context} {self.question}" if self.context else self.question


def understand(question: str, history: Sequence[str], recall: Recall) -> Understood:
    """The question as it would have to be asked if nothing had been asked before."""
    earlier = [text.strip() for text in history if text.strip() and text.strip() != question]
    if not earlier or not _leans(question):
        return Understood(question)
    if _PERSON.search(question) and (person := _person(earlier, recall)):
        return Understood(_named(question, person))
    return Understood(question, earlier[-1])


def asks_for_person(question: str) -> bool:
    """Whether a person's name would answer it."""
    return bool(_ASKS_WHO.search(question))


def person_name(text: str) -> str | None:
    """The last word of the first run of capitalised words.

    Titles and first names come before it, and a text that has named a person
    in full goes on with the last name.
    """
    run = _NAME.search(text)
    return run.group().split()[-1] if run else None


def _leans(question: str) -> bool:
    return bool(_REFERS_BACK.search(question) or _CONTINUES.match(question) or len(question.split()) <= _SHORT)


def _person(earlier: Sequence[str], recall: Recall) -> str | None:
    """Whom the conversation was last about: named in a question, or the answer to one."""
    again = _ASKED_AGAIN
    for question in reversed(earlier):
        if named := _NAME.search(question.partition(" ")[2]):  # the first word is a capital in any case
            return named.group()
        if again and asks_for_person(question):
            again -= 1
            if person := recall(question):
                return person
    return None


def _named(question: str, person: str) -> str:
    """The question with its first pronoun replaced by the person."""

    def name(match: re.Match[str]) -> str:
        return f"{person}’s" if _POSSESSIVE.match(question, match.start()) else person

    return _PERSON.sub(name, question, count=1)

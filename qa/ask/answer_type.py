"""The expected type of an answer (a number, a time, a name), from the question's wording."""

from __future__ import annotations

import re
from enum import Enum

_NUMBER = re.compile(
    r"\bhow (?:many|much|large|big|old|long|far|tall|high|deep|fast|heavy|often)\b"
    r"|\b(?:what|which) (?:number|percent\w*|share|amount"
    r"|proportion|population|age|size|price|cost|rate)\b"
    r"|\bсколько\b|\bwie ?viele?\b|\bcuánt[oa]s?\b|\bcombien\b|多少|几[个次年人]|كم",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"\bwhen\b|\b(?:what|which|in what|on which) (?:year|date|dates|day|month|century|decade|time)\b|\bsince when\b"
    r"|\bкогда\b|\bв каком году\b|\bwann\b|\bcuándo\b|\bquand\b|什么时候|何时|哪一?年|متى",
    re.IGNORECASE,
)
_NAME = re.compile(
    r"\b(?:who|whom|whose|where)\b|\bкто\b|\bкого\b|\bкому\b|\bгде\b|\bкуда\b|\bwer\b|\bwo\b|\bquién(?:es)?\b|\bdónde\b|\bqui\b|\boù\b",
    re.IGNORECASE,
)


_MANNER = re.compile(
    r"\b(?:how|why|what happens|what (?:should|must|can|do) (?:i|we|you))\b|\bпочему\b|\bкак\b|\bзачем\b|\bwarum\b"
    r"|\bwie\b|\bpor qué\b|\bcómo\b|\bpourquoi\b|\bcomment\b|\bperché\b|\bcome\b|为什么|怎么|怎样|如何|لماذا|كيف",
    re.IGNORECASE,
)
# "Who is Wang Wen?" names the person: it asks for a description, not for a name.
_DEFINITION = re.compile(
    r"\s*(?i:who|кто|wer|quién|qui)\s+(?i:is|was|are|were|est|es|ist|war|такой|такая)\s+[^\W\d_a-zа-я]"
)


# "Did it rain?", but not "Did it rain or snow?" or "Can you tell me when it rained?".
_YES_OR_NO = re.compile(
    r"\W*(?:and |but |so )?(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|might|must)"
    r"(?:n['’]t)?\b(?!\s+you\s+(?:please\s+)?(?:tell|say|know|give|show|explain|describe|provide|list|name)\b)(?!.*\bor\b)"
    r"|.*\bли\b",
    re.IGNORECASE,
)


# "What are the fees?", "Which parts does it need?", "How do I reset it?": a list, if the documents have one.
_PLURAL_VERB = r"(?:are|were|do|does|did|can|could|have|had|must|should|may|might|need|will|would|apply|exist|count)"
_SEVERAL = re.compile(
    rf"\bwhat(?:['’]re| are| were)\b|\b(?:what|which)\s(?:[\w-]+\s){{0,3}}[\w-]*[^\Ws]s\s{_PLURAL_VERB}\b"
    r"|\b(?:list|name|enumerate)\b|\bsteps?\b|\bhow (?:do|does|can|should|must|to)\b"
    r"|\bwhat (?:must|should|can|may|do) (?:i|you|we|they|one)\b"
    r"|\bwhat\b.{1,60}?\b(?:cover(?:s|ed)?|include[sd]?|exclude[sd]?|contain(?:s|ed)?|comprise[sd]?|consists? of"
    r"|allowed|permitted|forbidden|prohibited)\b"
    r"|\bкакие\b|\bкак(?=\s\w+(?:ть|ся)\b)|\bперечисл\w+|\bwelche\b|\bwie (?:kann|muss|wird)\b"
    r"|\bquel(?:le)?s\b|\bcomment\b|\bcuáles\b|\bqué\s\w+s\b|\bcómo\b|\bquali\b|\bquais\b|哪些",
    re.IGNORECASE,
)


class AnswerType(Enum):
    """The type of answer that a question expects."""

    NUMBER = "number"
    TIME = "time"
    NAME = "name"
    STATEMENT = "statement"
    """A clause that says yes or no."""
    MANNER = "manner"
    """How something is done, or why: a clause or several."""
    ANYTHING = "anything"


_KINDS = (
    (_TIME, AnswerType.TIME),
    (_NUMBER, AnswerType.NUMBER),
    (_NAME, AnswerType.NAME),
    (_MANNER, AnswerType.MANNER),
)


def answer_type(question: str) -> AnswerType:
    """The expected answer type of a question."""
    if _DEFINITION.match(question):
        return AnswerType.ANYTHING
    if _YES_OR_NO.match(question):
        return AnswerType.STATEMENT
    for pattern, kind in _KINDS:
        if pattern.search(question):
            return kind
    return AnswerType.ANYTHING


def expects_several(question: str) -> bool:
    """Whether the question may be asking for all items of a list or all steps of a procedure."""
    return bool(_SEVERAL.search(question))


_DIGIT = re.compile(r"\d")
_CAPITAL = re.compile(r"(?<=\s)[^\W\d_a-zа-я]\w+")


def has_expected(text: str, expected: AnswerType) -> float:
    """1 if `text` contains words of the expected type, -1 if it lacks them, 0 if any words would do."""
    if expected in (AnswerType.NUMBER, AnswerType.TIME):
        return 1.0 if _DIGIT.search(text) else -1.0
    if expected is AnswerType.NAME:
        return 1.0 if _CAPITAL.search(text) else -1.0
    return 0.0

"""Finds the question in what was written: without greeting, thanks, signature, story and polite frames.

>>> understand("Hi! Could you please tell me what the day pass costs? Thanks, Anna").question
'what the day pass costs?'

Words are only cut, never added or reordered, and only at fixed phrases (see `phrases`): a wrong cut is worse
than none. Where nothing looks like a question, the whole text is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from qa.ask.conversation import ContextualQuestion
from qa.ask.understand.mail import read_mail
from qa.ask.understand.parts import content_words, in_parts
from qa.ask.understand.phrases import REFERENCES, any_of
from qa.ask.understand.politeness import (
    BareSentence,
    Frame,
    bare,
    ends_as_question,
    fold,
    has_question_word,
    inner,
    is_task,
    is_thanks,
    may_follow,
    opens_question,
)


class Intent(Enum):
    """What the writer wants."""

    QUESTION = "question"
    KEYWORDS = "keywords"
    """Passages about a subject rather than one answer."""
    GREETING = "greeting"
    THANKS = "thanks"
    HELP = "help"
    INSTRUCTION = "instruction"
    """A task that is not done here, such as a translation."""

    @property
    def is_small_talk(self) -> bool:
        """Whether the documents are not what is asked about."""
        return self not in (Intent.QUESTION, Intent.KEYWORDS)


REMARKS = frozenset(each.value for each in Intent if each.is_small_talk)
"""The values of `Answer.remark`."""


@dataclass(frozen=True, slots=True)
class Understood:
    """The question in a text.

    `question`: what is searched for, read and judged by. `context`: sentences
    beside it that it refers to. `parts`: what it asks, one by one, in order; a
    simple question is its only part.
    """

    question: str
    context: str | None
    parts: tuple[ContextualQuestion, ...]
    intent: Intent

    @property
    def whole(self) -> ContextualQuestion:
        """The question undivided."""
        return ContextualQuestion(self.question, self.context)


_HELP = re.compile(any_of("help"))
_ASKS_HELP = re.compile(r"\b(?:help|помо|hilf|helfen|ayud|aid|aiut|ajud)", re.IGNORECASE)
_SENTENCE_WORDS = re.compile(
    r"\b(?:is|are|am|was|were|been|do|does|did|has|have|had|can|could|would|should|i|i['’]m|we|you|he|she|it|they"
    r"|if|that|this|_+)\b",
    re.IGNORECASE,
)
# Letters of the scripts in which the phrases are written, and other letters.
_KNOWN = re.compile(r"[A-Za-zÀ-ɏЀ-ӿ]")
_FOREIGN = re.compile(r"[^\W\d_A-Za-zÀ-ɏЀ-ӿ]")
_DEFINITE = re.compile(r"\bthe\b", re.IGNORECASE)  # "What was the result?" depends on what was said before it
_END = re.compile(r"[.?!…]+[\"”»’)\]]*(?= )")
_ENCLOSED = re.compile(r"\"[^\"]*\"|“[^“”]*”|«[^«»]*»|\([^()]*\)")
_ABBREVIATION = re.compile(
    r"(?:[^\W\d_]|(?:[^\W\d_]+\.)+[^\W\d_]+|mr|mrs|ms|dr|prof|st|no|nr|vs|etc|inc|ltd|co|corp|jr|sr|approx|art|sec|fig"
    r"|ch|vol|pp?|cf|ca|rev|gen|col|pres|op|oz|pt|lb|tel|gov|sen|rep|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|bldg"
    r"|ave|lt|sgt|capt|mt|ft|dept|est|min|max|bzw|ggf|usw|str|abs|гг?|стр|им|ул|руб|тыс|млн)",
    re.IGNORECASE,
)
_LAST_WORD = re.compile(r"[\w.]+$")
_WORD = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*")
_PLAIN_WORD = re.compile(r"[a-zß-ÿа-яё]{4,}")  # a sentence may end with it and the next begin with a small letter
_CODE = re.compile(r"(?=[^\W_]*[^\W\d_])[\w.-]*\d[\w.-]*")
_FOREIGN_SHARE = 4  # a text with more than one foreign letter to so many others is left as it is
_SHORTEST = 3  # words: a shorter piece, unless polite, is not taken for a sentence
_MOST_CONTEXT = 3  # sentences
_MOST_KEYWORDS = 8
_LOOKED_AT = 100  # characters of a sentence, to see how it begins


def understand(text: str) -> Understood:
    """The question in a text, and what kind it is."""
    if _FOREIGN_SHARE * len(_FOREIGN.findall(text)) > len(_KNOWN.findall(text)):
        return _undivided(text, Intent.QUESTION)
    mail = read_mail(text)
    sentences = list(_sentences(mail.own))
    asked = _asked(sentences)
    if not asked and mail.quoted:
        sentences += _sentences(mail.quoted)
        asked = _asked(sentences)
    said = [each for each in sentences if each.core]
    if not said:
        return _undivided(text, _small_talk(sentences))
    if not asked:
        return _statement(text, said)
    return _question(text, said, asked)


def _sentences(paragraphs: Sequence[str]) -> Iterator[BareSentence]:
    for paragraph in paragraphs:
        yield from map(bare, _pieces(_without_quotation_marks(paragraph)))


def _without_quotation_marks(paragraph: str) -> str:
    """The paragraph, or the question that is all of it between quotation marks."""
    enclosed = _ENCLOSED.fullmatch(paragraph)
    return paragraph[1:-1].strip() if enclosed and paragraph[-2:-1] in ("?", "？") else paragraph


def _pieces(paragraph: str) -> Sequence[str]:
    """The sentences of a paragraph; what is too short to be one stays with its neighbour."""
    masked = _ENCLOSED.sub(lambda match: match[0][0] + "x" * (len(match[0]) - 3) + match[0][-2:], paragraph)
    pieces: list[str] = []
    start = 0
    for end in _END.finditer(masked):
        piece = paragraph[start : end.end()].strip()
        if _is_boundary(masked, start, end) and not _is_fragment(piece):
            pieces.append(piece)
            start = end.end()
    rest = paragraph[start:].strip()
    if pieces and not rest.endswith((".", "!")) and _is_fragment(rest):
        pieces[-1] += paragraph[start:].rstrip()
    elif rest:
        pieces.append(rest)
    return pieces


def _is_fragment(piece: str) -> bool:
    """Whether a piece is too short for a sentence; polite words and questions may be as short."""
    short = len(_WORD.findall(piece)) < _SHORTEST
    return short and (not _WORD.search(piece) or bool(bare(piece).core)) and not opens_question(piece)


def _is_boundary(text: str, start: int, end: re.Match[str]) -> bool:
    """Whether the sentence that begins at `start` ends here, and not only an abbreviation, a name or a title."""
    mark, after = end[0], end.end() + 1
    if mark[0] in ("?", "？"):
        return len(mark) == 1 or not text[after : after + 1].islower()
    word = _LAST_WORD.search(text, max(0, end.start() - 20), end.start())
    if mark.startswith(("..", "…")) or (word and _ABBREVIATION.fullmatch(word[0])):
        return False
    if may_follow(text[after : after + _LOOKED_AT]):
        return True
    is_question = opens_question(
        text[start : start + _LOOKED_AT]
    )  # and has not come to its question mark: "Who founded Yahoo! Inc.?"
    following = text[after : after + 1]
    return not is_question and (following.isupper() or bool(word and _PLAIN_WORD.fullmatch(word[0])))


def _asked(sentences: Sequence[BareSentence]) -> list[BareSentence]:
    """The sentences that ask: those with a question mark or in a frame, or else those that begin like a question."""
    said = [each for each in sentences if each.core]
    marked = [each for each in said if ends_as_question(each.text) or each.frame is Frame.REQUEST]
    opening = [
        each
        for each in marked
        if each.frame is not Frame.NONE or has_question_word(each.core) or opens_question(each.core)
    ]
    return (
        opening
        or marked
        or [each for each in said if opens_question(each.core)]
        or [each for each in said if each.frame is Frame.SUBJECT]
    )


def _small_talk(sentences: Sequence[BareSentence]) -> Intent:
    """The intent of a text without content."""
    texts = [each.text for each in sentences]
    if any(map(is_thanks, texts)):
        return Intent.THANKS
    if any(_ASKS_HELP.search(text) for text in texts):
        return Intent.HELP
    return Intent.GREETING if texts else Intent.QUESTION


def _undivided(text: str, intent: Intent) -> Understood:
    return Understood(text, None, (ContextualQuestion(text),), intent)


def _statement(text: str, said: Sequence[BareSentence]) -> Understood:
    """A text without a question: keywords, a task, or words of which all count."""
    whole = _as_written(" ".join(each.core for each in said), text)
    if intent := _special_intent(said):
        return _undivided(whole, intent)
    return Understood(whole, None, in_parts([whole], None), Intent.KEYWORDS if _is_keywords(said) else Intent.QUESTION)


def _special_intent(said: Sequence[BareSentence]) -> Intent | None:
    """Whether it asks for help with this tool, or for a task that it does not do."""
    core = inner(said[0].core)
    if len(said) == 1 and _HELP.fullmatch(fold(core)):
        return Intent.HELP
    asks = any(has_question_word(each.core) for each in said)
    return Intent.INSTRUCTION if is_task(core) and not asks else None


def _is_keywords(said: Sequence[BareSentence]) -> bool:
    core = said[0].core
    words = core.split()
    return (
        len(said) == 1
        and len(words) <= _MOST_KEYWORDS
        and not core.endswith((".", "!", "…", ":"))
        and not has_question_word(core)
        and not opens_question(core)
        and not _SENTENCE_WORDS.search(core)
    )


def _question(text: str, said: Sequence[BareSentence], asked: Sequence[BareSentence]) -> Understood:
    intent = _special_intent(asked) if len(asked) == 1 else None
    if intent:
        return _undivided(_as_written(asked[0].core, text), intent)
    questions = _joined(said, asked)
    question = " ".join(questions)
    rest = [each.core for each in said if each not in asked and not any(each.core in one for one in questions)]
    if rest and not content_words(question):  # it says nothing without the rest
        return _undivided(_as_written(" ".join(each.core for each in said), text), Intent.QUESTION)
    context = _context(rest, question)
    is_subject = len(asked) == 1 and asked[0].frame is Frame.SUBJECT and not has_question_word(asked[0].core)
    written = _as_written(question, text)
    parts = in_parts(questions, context)
    return Understood(
        written,
        context,
        parts if len(parts) > 1 else (ContextualQuestion(written, context),),
        Intent.KEYWORDS if is_subject else Intent.QUESTION,
    )


def _joined(said: Sequence[BareSentence], asked: Sequence[BareSentence]) -> list[str]:
    """The questions; one that says nothing by itself ("How?", "Chile or Argentina?") is joined to the one before it."""
    questions: list[str] = []
    for each in said:
        is_rest = each not in asked and not ends_as_question(each.text)
        if is_rest or not (questions or each in asked):
            continue
        if questions and (each not in asked or not content_words(each.core)):
            questions[-1] += f" {each.core}"
        else:
            questions.append(each.core)
    return questions


def _context(rest: Sequence[str], question: str) -> str | None:
    """The sentences that the question refers to or shares a word with, and those that name a code."""
    words = set(content_words(question))
    refers = bool(REFERENCES.search(question))
    related = [
        number
        for number, sentence in enumerate(rest)
        if words.intersection(content_words(sentence)) or any(map(_CODE.fullmatch, _WORD.findall(sentence)))
    ]
    if rest and not related and (refers or (len(words) <= 1 and _DEFINITE.search(question))):
        related = [len(rest) - 1]
    return " ".join(rest[number] for number in related[-_MOST_CONTEXT:]) or None


def _as_written(question: str, text: str) -> str:
    """The text itself if the question differs from it in white space only."""
    return text if question == " ".join(text.split()) else question

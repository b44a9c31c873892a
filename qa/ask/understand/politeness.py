"""Cuts greetings, thanks, requests and the like from a sentence, and keeps what it asks.

>>> bare("Hi, could you please tell me what the day pass costs, thanks?").core
'what the day pass costs?'
>>> bare("Can you pay by card?").core
'Can you pay by card?'

Phrases are matched in the folded text, which has the same length; each table is compiled once, because compiling
takes longer than all matching.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from qa.ask.understand.phrases import AUXILIARIES, any_of


class Frame(Enum):
    """The polite words around what a sentence asks."""

    NONE = "none"
    REQUEST = "request"
    """For an answer: "Could you tell me …"."""
    SUBJECT = "subject"
    """For all there is about a subject: "Tell me about …"."""


@dataclass(frozen=True, slots=True)
class BareSentence:
    """A sentence of a text, and its `core`: without polite words, empty if it has no others."""

    text: str
    core: str
    frame: Frame


_JOIN = "(?:and|but|so|or|also|then|in|on|at|to|for|by|from|of|with|under|until|since|about|after|before|during|into)"
_ASKS = re.compile(
    rf"[\W_]{{0,3}}(?:{_JOIN} ){{0,2}}(?:(?:{any_of('question_words')}|if|whether|ob|si|se|{AUXILIARIES})\b)"
)
_IMPERATIVE = re.compile(rf"(?:and |also )?{any_of('imperatives')}\b")
_QUESTION_WORD = re.compile(rf"\b{any_of('question_words')}\b")
_STARTS = re.compile(r"(?:i|my|we|our)\b")

_PHRASE = re.compile(any_of("greetings", "closings", "please", "thanks", "fillers", "courtesies"))
_GREETING = re.compile(rf"{any_of('greetings')}\b")
_SALUTATION = re.compile(rf"{any_of('salutations')}\b")
_THANKS = re.compile(any_of("thanks"))
_CLOSING = re.compile(any_of("closings", "thanks"))
_PLEASE = re.compile(rf"{any_of('please')} ")
_JOINT = r"(?:(?:but|and|so|also),? )?"
_REQUEST = re.compile(rf"{_JOINT}{any_of('requests')}(?: ?[,:;–—-]+(?: |$)| |(?= ?[.?!…]*$))")
_DOUBT = re.compile(rf"{_JOINT}{any_of('doubts')}(?P<mark> ?[,:;–—-]+ | )")
_ABOUT = re.compile(rf"{_JOINT}{any_of('about')} ")
_SUBJECT = re.compile(r"(?:about|regarding|concerning|über|sobre|про|об?) ")
_TASK = re.compile(any_of("instructions"))
# "Can you" is a request before what only a person can do; "Can you pay by card?" is a question.
_MODAL = re.compile(
    r"(?:can|could|would|will) you (?:(?:please|kindly) (?=\w)"
    r"|(?=(?:explain|describe|define|summari[sz]e|translate|rephrase|paraphrase|proofread"
    r"|(?:write|list|name|give|show|find|draw|make|compose) (?:me|us|all|some|the|a|an)) ))"
)
# What may follow a greeting without a comma: "Hello Kitty" and "Hi is a word" are no greetings.
_FOLLOWS = re.compile(
    r"(?:i|i'm|we|my|please|(?:is|are) (?:there|it|the)|(?:do|does|did|could|would|will|can(?! be))|what|which|who"
    r"|where|when|why|how)\b"
)
_BREAK = re.compile(r" ?[,!:;.–—-]+(?: |$)|$")
_NAMES = re.compile(r"(?: [^\W\d_][\w.'/-]*){1,5} ?[,!:–—](?: |$)")
_NAMES_ALONE = re.compile(r"(?: ?[,!.–—-]+)?(?: [^\W\d_a-zа-яё][\w.'’-]*){1,3}")
# Without a comma before it; "Who deserves thanks?" keeps its last word.
_BARE_PLEASE = re.compile(r"please|pls|plz|bitte|svp|пожалуйста")
_BARE_TAIL = re.compile(rf"{_BARE_PLEASE.pattern}|thanks|thx|danke|gracias|merci|grazie|спасибо")
_NEEDS_WORD = re.compile(
    r"\b(?:words?|say|says|said|is|of|the|a|by|for|named|called|mean|means|term|and|or|with|his|her|their|my|no|any"
    r"|give|gives|gave|in|to)$"
)
_MARKS = " ?!.…"
_TAIL_BREAKS = ",;:–—-"
_AROUND = " .!?,…:;-–—()\"'“”‘’«»*_~"
_EMOJI = re.compile(r"[\U0001f300-\U0001faff\u2600-\u27bf\ufe0f]+")
_LONGEST_PHRASE = 100


def fold(text: str) -> str:
    """The text in small letters and with plain apostrophes. Its length is the same."""
    small = text.lower()
    if len(small) != len(text):
        small = "".join(each.lower() if len(each.lower()) == 1 else each for each in text)
    return small.replace("’", "'")


def bare(text: str) -> BareSentence:
    """The sentence without its polite words."""
    if is_courtesy(text):
        return BareSentence(text, "", Frame.NONE)
    at, frame = _lead(fold(text))
    core = _without_tail(text[at:].strip())
    return BareSentence(text, core if any(map(str.isalnum, core)) else "", frame)


def is_courtesy(text: str) -> bool:
    """Whether a sentence says nothing that could be searched for."""
    words = inner(text)
    folded = fold(words)
    return not words or all(_PHRASE.fullmatch(each) for each in _between_commas(folded)) or _is_signed(words, folded)


def is_closing(line: str) -> bool:
    """Whether a line closes a mail: "Best regards," or "Thanks!"."""
    folded = fold(inner(line))
    return all(_CLOSING.fullmatch(each) for each in folded.split(" and ")) or _is_signed(inner(line), folded)


def is_greeting(line: str) -> bool:
    """Whether a line greets, with or without a name."""
    folded = fold(line)
    return _lead_end(folded, 0) == len(line) and bool(_GREETING.match(folded) or _SALUTATION.match(folded))


def is_thanks(text: str) -> bool:
    """Whether a sentence begins with thanks."""
    return bool(_THANKS.match(fold(text)))


def inner(text: str) -> str:
    """A sentence without the punctuation and emoji around it."""
    return _EMOJI.sub("", text).strip(_AROUND)


def opens_question(text: str) -> bool:
    """Whether a text begins like a question."""
    folded = fold(text[:_LONGEST_PHRASE])
    return bool(_ASKS.match(folded) or _IMPERATIVE.match(folded))


def has_question_word(text: str) -> bool:
    """Whether a question word stands anywhere in a text."""
    return bool(_QUESTION_WORD.search(fold(text)))


def may_follow(text: str) -> bool:
    """Whether a text begins like a sentence, even if with a small letter."""
    folded = fold(text[:_LONGEST_PHRASE])
    return opens_question(text) or bool(_STARTS.match(folded) or _PLEASE.match(folded)) or bool(_lead_end(folded, 0))


def ends_as_question(text: str) -> bool:
    """Whether a sentence ends with a question mark, whatever closes after it."""
    return text.rstrip(' "”»’)]!.').endswith(("?", "？"))


def is_task(text: str) -> bool:
    """Whether a text asks for something that is not done here, such as a translation."""
    return bool(_TASK.match(fold(text)))


def _between_commas(folded: str) -> Iterator[str]:
    for each in folded.split(","):
        yield each.strip().removeprefix("and ")


def _is_signed(words: str, folded: str) -> bool:
    """Whether it is a closing with a name: "Best, Anna"."""
    match = _CLOSING.match(folded)
    return bool(match and _NAMES_ALONE.fullmatch(words, match.end()))


def _lead(folded: str) -> tuple[int, Frame]:
    """Where the core begins, after greetings and frames, and which kind of frame it is in."""
    at = before = _skip_marks(folded, 0)
    frame = Frame.NONE
    while not _TASK.match(folded, at):
        if end := _lead_end(folded, at) or _please_end(folded, at):
            pass
        elif match := _ABOUT.match(folded, at) or (_SUBJECT.match(folded, at) if frame is Frame.REQUEST else None):
            end, frame = match.end(), Frame.SUBJECT
        elif match := _REQUEST.match(folded, at) or _doubt(folded, at):
            end, frame = match.end(), Frame.REQUEST
        else:
            break
        at = _skip_marks(folded, end)
    return (at, frame) if at > before else (0, frame)


def _skip_marks(text: str, at: int) -> int:
    """The first position from `at` on that is no Spanish mark."""
    while text[at : at + 1] in ("¿", "¡"):
        at += 1
    return at


def _lead_end(folded: str, at: int) -> int | None:
    """Where polite words end that begin at `at`, with the punctuation after them; None if there are none."""
    stop = next((match for match in _BREAK.finditer(folded, at, at + _LONGEST_PHRASE)), None)
    if stop and stop.start() > at and stop.end() > stop.start() and _PHRASE.fullmatch(folded, at, stop.start()):
        return stop.end()
    greeting = _GREETING.match(folded, at)
    if greeting and folded[greeting.end() : greeting.end() + 1] == " " and _follows(folded, greeting.end() + 1):
        return greeting.end() + 1
    if greeted := greeting or _SALUTATION.match(folded, at):
        names = _NAMES.match(folded, greeted.end())
        if names and not any(map(_asks, names[0].split())):
            return names.end()
    return None


def _asks(word: str) -> bool:
    return bool(_ASKS.match(word)) or word == "please"


def _follows(folded: str, at: int) -> bool:
    return any(each.match(folded, at) for each in (_FOLLOWS, _REQUEST, _DOUBT, _ABOUT))


def _please_end(folded: str, at: int) -> int | None:
    """Where "please" ends before a request, or "can you" before what only a person can do."""
    if match := _MODAL.match(folded, at):
        return match.end()
    match = _PLEASE.match(folded, at)
    return (
        match.end() if match and any(each.match(folded, match.end()) for each in (_ASKS, _IMPERATIVE, _TASK)) else None
    )


def _doubt(folded: str, at: int) -> re.Match[str] | None:
    """A frame that is one only before a question word or a colon."""
    match = _DOUBT.match(folded, at)
    return match if match and (":" in match["mark"] or _ASKS.match(folded, match.end())) else None


def _without_tail(core: str) -> str:
    """The core without "please" or "thanks" at its end, but with its question mark."""
    whole = body = core.rstrip(_MARKS)
    bare_words = _BARE_PLEASE if ends_as_question(core) else _BARE_TAIL
    while (shorter := _cut_tail(body, bare_words)) != body:
        body = shorter
    if body == whole:
        return core
    return body + ("?" if "?" in core[len(body) :] else "")


def _cut_tail(body: str, bare_words: re.Pattern[str]) -> str:
    at = max(body.rfind(mark) for mark in _TAIL_BREAKS)
    if at > 0 and _PHRASE.fullmatch(fold(body[at + 1 :].strip())):
        return body[:at].rstrip(_MARKS + ",")
    head, _, last = body.rpartition(" ")
    if bare_words.fullmatch(last) and not _NEEDS_WORD.search(fold(head[-20:])):
        return head.rstrip()
    return body

"""Recognises questions about the documents themselves: who wrote one, when, which version, how long, what about.

Such a question is answered from facts, not by searching. Recognition is conservative: a question is one of these
only as a whole and in one of the usual forms, and what it is about must be a kind of document ("the report", "this
file"). Whether there is such a document, `qa.ask.documents` finds out; if not, the question is an ordinary one.

>>> about("Who wrote the 2021 report?")
AsksAbout(what=<Aspect.AUTHOR: 'author'>, subject='the 2021 report')
>>> about("Who wrote Hamlet?") is None
True
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path

_LONGEST = 160  # characters: a longer question is never one about documents


class Aspect(Enum):
    """What is asked about documents."""

    AUTHOR = "author"
    DATE = "date"
    VERSION = "version"
    PAGES = "pages"
    WORDS = "words"
    LENGTH = "length"
    TITLE = "title"
    SUMMARY = "summary"
    LIST = "list"
    COUNT = "count"
    NEWEST = "newest"
    OLDEST = "oldest"


@dataclass(frozen=True, slots=True)
class AsksAbout:
    """A question about documents. `subject`: the words that name them, as asked; empty if it names none."""

    what: Aspect
    subject: str = ""

    @property
    def points(self) -> bool:
        """Whether it only points at something ("it"), which may be what was spoken of before."""
        return self.subject in _PRONOUNS


def _section(name: str) -> str:
    """A section of the words and forms of questions about documents."""
    return _DATA.partition(f"\n[{name}]\n")[2].partition("\n\n")[0]


def words_of(section: str) -> frozenset[str]:
    """The words of a section of `about.txt`."""
    return frozenset(_section(section).split())


_DATA = Path(__file__).with_name("about.txt").read_text("utf-8")
_PRONOUNS = words_of("pronouns")

NOUNS = words_of("nouns")
"""Words for kinds of documents."""

ANY = words_of("any")
"""Those that fit every document."""

_DEMONSTRATIVE = r"(?:this|that|it|these|those|this one|here|das|dies|dieses|es|это|этот|этом|ceci|ça|cela|esto|eso)"
_DETERMINER = (
    r"(?:the|this|that|these|those|my|our|your|der|die|das|des|dem|den|dieser?s?|diesem|diesen|dein|deine|ihr|ihre|unsere?r?"
    r"|le|la|les|l'|du|de la|de l'|des|ce|cet|cette|ces|votre|vos|el|los|las|del"
    r"|de los|este|esta|estos|estas|tu|tus|su|sus"
    r"|этот|эта|это|эти|этого|этой|этом|этих|наш|наша)"
)
# A subject is a demonstrative, or a noun of `NOUNS` with what qualifies it, before or after.
_SUBJECT = re.compile(
    rf"(?P<that>{_DEMONSTRATIVE})|(?P<determiner>{_DETERMINER}\s)?(?P<before>(?:[\w.'’&/-]+\s){{0,6}}?)(?P<noun>[^\W\d_][\w-]*)"
    r"(?P<after>(?:\s(?:from|of|for|on|about|dated|version|vom|von|über|zu|de|du|des|sur|del|sobre|за|от|о|об)\s[\w.'’&/-]+(?:\s[\w.'’&/-]+){0,5}|\s[12]\d{3})?)"
)
_FILE = re.compile(r"(?:the\sfile\s)?[\w.-]+\.(?:pdf|docx?|odt|pptx?|md|txt|html?|epub|rtf|rst|csv|tsv|text|markdown)")
_ASKING = re.compile(
    r"(?:about|of|by|for|to|in|on|with|what|which|who|when|where|how|and|or|not|is|was|are|were|did|does)"
)

# Nouns whose length, or name, may be that of what they regulate: "How long is the lease?" asks for its term.
_TERMS = words_of("terms")


@cache
def _pattern(what: Aspect) -> re.Pattern[str]:
    """The forms of an aspect; its only groups are slots. Compiled when it is first needed: that takes milliseconds."""
    return re.compile("|".join(_section(what.value).splitlines()).replace("{S}", "(.{1,120}?)"))


_CUES = NOUNS | words_of("cues")
"""Words of which each question about documents has one: a quick look before its forms are tried."""
_PLAIN = str.maketrans(
    {"’": "'", "«": "", "»": "", "“": "", "”": "", '"': "", "¿": "", "?": "", "!": "", "？": "", ",": ""}
)
_CONTRACTED = re.compile(r"\b(what|who|when|which)'?s\b")
_OPENING = re.compile(
    r"(?:(?:please|hi|hello|so|and|ok|okay|can you|could you|tell me|do you know|пожалуйста|bitte)\s)+(?=\S)"
)


def about(question: str) -> AsksAbout | None:
    """What a question asks about documents; None for an ordinary question."""
    if len(question) > _LONGEST:
        return None
    plain = " ".join(question.casefold().translate(_PLAIN).split()).rstrip(" .:;")
    plain = _CONTRACTED.sub(r"\1 is", plain.removesuffix(" please"))
    if opening := _OPENING.match(plain):
        plain = plain[opening.end() :]
    if _CUES.isdisjoint(re.split(r"[\s'.]", plain)):
        return None
    return next((found for what in Aspect if (found := _asked(what, _pattern(what).fullmatch(plain)))), None)


def _asked(what: Aspect, match: re.Match[str] | None) -> AsksAbout | None:
    """The question of a form whose slot, if it has one, is filled with documents."""
    if match is None:
        return None
    words = "".join(filter(None, match.groups())).strip()
    noun = _noun(words)
    if not words:
        return AsksAbout(what)
    if what in (Aspect.LIST, Aspect.COUNT):
        every = noun in ANY or _OWNED.search(match.string)
        return AsksAbout(what, words) if noun and every and words.endswith(noun) else None
    if what in (Aspect.LENGTH, Aspect.TITLE) and noun in _TERMS:
        return None
    return AsksAbout(what, words) if noun else None


# "List the instructions" asks for what they say, but not "which instructions do you have?".
_OWNED = re.compile(
    r"\b(?:you|we|index|collection|library|uploaded|indexed|available|есть|загружены|hast|haben|as-tu|avez|tienes|tiene|hay)\b"
)


def _noun(words: str) -> str:
    """The kind of document that the words of a subject name; "this" for a demonstrative; empty if they name none."""
    if _FILE.fullmatch(words):
        return "file"
    match = _SUBJECT.fullmatch(words)
    if not match:
        return ""
    if match["that"]:
        return "this"
    before = match["before"].split()
    if any(_ASKING.fullmatch(word) for word in before):
        return ""
    return match["noun"] if match["noun"] in NOUNS else ""

"""Questions and passages that nearly belong together: made of a question and the passage that answers it.

- swapped: the question with a name or a number replaced by another one of the same passage or of the collection
  (after Jia & Liang 2017, section 4.1);
- turned: the question with a word turned into its opposite or its verb denied (the kinds of Rajpurkar et al. 2018,
  table 1);
- renamed: the passage and its context with a name that the question mentions replaced throughout.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from random import Random

_NAME = re.compile(r"\b[A-Z][\w’'-]+(?:\s[A-Z][\w’'-]+)*\b|\b\d[\d,.]*\b")
_WORD = re.compile(r"(?<!\bhow )\b[a-z]+\b", re.IGNORECASE)
_AUXILIARY = re.compile(r"\b(?:is|are|was|were|do|does|did|can|could|will|would|has|have|had)\b", re.IGNORECASE)
_DENIALS = {
    "is": "isn't", "are": "aren't", "was": "wasn't", "were": "weren't", "do": "don't", "does": "doesn't",
    "did": "didn't", "can": "can't", "could": "couldn't", "will": "won't", "would": "wouldn't", "has": "hasn't",
    "have": "haven't", "had": "hadn't",
}  # fmt: skip
_PAIRS = """first last, more less, before after, largest smallest, larger smaller, big small, long short,
high low, highest lowest, higher lower, early late, earlier later, earliest latest, old new, oldest newest,
older younger, begin end, began ended, start stop, started stopped, increase decrease, increased decreased,
north south, northern southern, east west, eastern western, good bad, best worst, better worse, win lose, won lost,
inside outside, above below, always never, liked disliked, love hate,
loved hated, accept reject, accepted rejected, support oppose, supported opposed, build destroy, built destroyed,
rise fall, rose fell, opened closed, male female, man woman, men women, public private, legal illegal,
strong weak, fast slow, easy difficult, positive negative, internal external, major minor, maximum minimum,
common rare, rich poor, import export, arrive leave, arrived left, enter exit, same different,
cheap expensive, hot cold, light dark, happy sad, true false, allowed forbidden, possible impossible, join leave,
joined left, appear disappear, attack defend, remember forget, buy sell, bought sold, son daughter,
husband wife, father mother, brother sister, king queen, friend enemy, success failure, include exclude,
included excluded, encourage discourage, agree disagree, create abolish, created abolished, add remove, added removed,
modern ancient, rural urban, national international, single multiple, direct indirect, formal informal"""
OPPOSITES = {
    word: other
    for pair in _PAIRS.replace("\n", " ").split(",")
    for word, other in (pair.split(), reversed(pair.split()))
}
_NEAR = 0.7  # of the replaced names: by one of the same passage
_DENIED = 0.1  # of the questions without a word that has an opposite


class NearMisses:
    """Makes near misses with the names of a collection."""

    def __init__(self, texts: Iterable[str], random: Random) -> None:
        self._random = random
        texts = list(texts)
        small = {word for text in texts for word in re.findall(r"\b[a-z]+\b", text)}
        self._names: dict[bool, list[str]] = {False: ["Anna"], True: ["7"]}
        for name in (name for text in texts for name in _names_of(text) if name.lower() not in small):
            self._names[name[0].isdigit()].append(name)  # a word that also occurs in lower case isn't a name
        self._known = set(self._names[False] + self._names[True])

    def swapped(self, question: str, text: str) -> str | None:
        """The question with one name or number replaced, by one of the passage if there is one."""
        named = [match for match in _NAME.finditer(question) if match.start() > 0]
        if not named:
            return None
        match = self._random.choice(named)
        other = self._other(match.group(), [name for name in _names_of(text) if name not in question])
        return question[: match.start()] + other + question[match.end() :] if other != match.group() else None

    def turned(self, question: str) -> str | None:
        """The question with one word turned into its opposite, or else denied now and then."""
        words = [match for match in _WORD.finditer(question) if match.group().lower() in OPPOSITES]
        if words:
            match = self._random.choice(words)
            return question[: match.start()] + OPPOSITES[match.group().lower()] + question[match.end() :]
        verb = _AUXILIARY.search(question)
        if verb is None or self._random.random() > _DENIED:
            return None
        return f"{question[: verb.start()]}{_DENIALS[verb.group().lower()]}{question[verb.end() :]}"

    def renamed(self, question: str, text: str, answers: Sequence[str]) -> str | None:
        """The passage about another name than the question's; None if it names none, or only in the answers."""
        asked = [match.group() for match in _NAME.finditer(question) if match.start() > 0]
        names = [name for name in asked if _whole(name).search(text) and not any(name in each for each in answers)]
        if not names:
            return None
        name = self._random.choice(names)
        other = self._other(name, [])
        return None if other in text or other == name else _whole(name).sub(lambda _: other, text)

    def _other(self, name: str, near: Sequence[str]) -> str:
        """Another name, or another number, perhaps one of those that are near."""
        number = name[0].isdigit()
        near = [each for each in near if each in self._known and each[0].isdigit() == number]
        return self._random.choice(near if near and self._random.random() < _NEAR else self._names[number])


def _names_of(text: str) -> Iterator[str]:
    return (match.group() for match in _NAME.finditer(text) if match.start() > 0)


def _whole(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")

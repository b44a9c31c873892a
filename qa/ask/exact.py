"""What a question names exactly: identifiers, "quoted phrases", wild*cards, and words that few passages have.

Vectors and BM25 are fuzzy: a passage that says much the same may outrank the only one
with the code that was asked for. So a passage gains by what it has as it is written, in
its text or its context, and the rarer that is in the collection, the more.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import numpy as np

from index import Rows, Scores, Store, searchable

# What a passage gains, in units of a candidate's score, by what no other has; and the power of its rarity that it falls
# with. What is named as it is written outweighs everything else; a rare word decides between passages that are close.
NAMED, NAMED_POWER = 2.0, 1
WORD, WORD_POWER = 0.3, 4
_LEAST_RARITY = 0.4  # of a word that is looked for: a more frequent one would gain next to nothing
_MOST = 8  # phrases and wildcards that are looked for
_QUOTES = {'"': '"', "“": "”", "„": "“”", "«": "»", "»": "«", "‹": "›", "「": "」", "『": "』"}
PHRASE = re.compile("|".join(f"{start}([^{start}{end}]{{2,200}})[{end}]" for start, end in _QUOTES.items()))
"""A quoted phrase; one of its groups is the phrase."""
_RUN = re.compile(r"[\w.@:/*-]+")
_LEAST_LETTERS = 3  # of a wildcard

Fits = Callable[[str], bool]
"""Whether a plain text has what is looked for."""


def word_gains(store: Store, question: str, passages: Rows) -> Scores:
    """(n,): what each passage gains by the identifiers and the rare words of the question."""
    words = store.lexical.content_words(question)
    named = store.lexical.identifiers(words)
    rarity = dict(zip(words, store.lexical.rarity(words).tolist(), strict=True))
    gains = {
        word: NAMED * rarity[word] ** NAMED_POWER if word in named else WORD * rarity[word] ** WORD_POWER
        for word in words
        if word in named or rarity[word] >= _LEAST_RARITY
    }
    found = store.lexical.found_in(list(gains), passages)
    return np.asarray(np.array(list(gains.values()), np.float32) @ found, np.float32)


def phrase_gains(store: Store, question: str, passages: Rows) -> Scores:
    """(n,): what each passage gains by the phrases and wildcards of the question; its text is read if there are any."""
    wanted = list(islice(_wanted(question), _MOST))
    if not wanted:
        return np.zeros(len(passages), np.float32)
    store.prefetch(passages.tolist())
    texts = [_plain(store.context(row) + store.passage(row).text) for row in passages.tolist()]
    return np.array([NAMED * sum(fits(text) for fits in wanted) for text in texts], np.float32)


def _wanted(question: str) -> Iterator[Fits]:
    for match in PHRASE.finditer(question):
        if phrase := _plain(next(filter(None, match.groups()))):
            yield _has_phrase(phrase)
    for run in _RUN.findall(_plain(question)):
        parts = re.split(r"\*+", run)
        if len(parts) > 1 and sum(map(str.isalnum, run)) >= _LEAST_LETTERS:
            yield _has_wildcard(parts)


def _has_phrase(phrase: str) -> Fits:
    pattern = re.compile(rf"(?<!\w){re.escape(phrase)}(?!\w)")
    return lambda text: bool(pattern.search(text))


def _has_wildcard(parts: Sequence[str]) -> Fits:
    return lambda text: any(_is_match(run.strip(".:/-"), parts) for run in _RUN.findall(text))


def _is_match(run: str, parts: Sequence[str]) -> bool:
    """Whether a run of characters consists of the parts in their order, with anything between them; in linear time."""
    first, *middle, last = parts
    at, end = len(first), len(run) - len(last)
    if at > end or not run.startswith(first) or not run.endswith(last):
        return False
    for part in middle:
        at = run.find(part, at, end)
        if at < 0:
            return False
        at += len(part)
    return True


def _plain(text: str) -> str:
    """A text without differences of case and white space, and with straight quotes."""
    return " ".join(searchable(text).text.casefold().replace("’", "'").split())

"""The analyzer: turns text in any script into index terms for BM25.

Scripts with spaces between words yield whole words, folded (NFKC, case, accents) and
stemmed by Snowball. Scripts without spaces yield overlapping pairs of characters.
Identifiers (codes, numbers with points, file names, flags …) yield their words and,
as one more term, themselves as they are written.

>>> list(split_words("Set max_retries (clause 4.2)."))
['set', 'max', 'retries', 'max_retries', 'clause', '4', '2', '4.2']
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import Stemmer

from index.normalize import searchable

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
# A word, or words joined by single marks, with the dashes of a flag or the sign of a paragraph before it. Whatever
# begins as a run matches as one, so that no character is looked at twice.
_RUN = re.compile(r"(?:(?<![\w-])--?(?=[^\W\d_])|§[ \u00a0\u202f]?(?=\d))?\w+(?:(?:['\-._@]|(?<=\d)[,:/](?=\d))\w+)*+")
_MARKS = re.compile(r"[\-._@,:/§]")
"""What an identifier has, and no other term."""
# Han, Kana, Thai, Lao, Myanmar, Khmer, Tibetan: written without spaces between words.
_UNSPACED = re.compile(
    r"[\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u30ff\u31f0-\u31ff"
    r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff]+"
)
_SNOWBALL = {
    "en": "english", "de": "german", "es": "spanish", "fr": "french", "pt": "portuguese", "it": "italian",
    "ru": "russian", "ar": "arabic",
}  # fmt: skip
_STOPWORDS = Path(__file__).with_name("stopwords.json")
"""The stop words of each language, folded and separated by spaces (the lists of bm25s 0.3)."""
_PLAIN = str.maketrans(dict(zip(
    ("’", "‐", "‑", *"łøæœðþıđħŋßſ"),
    ("'", "-", "-", "l", "o", "ae", "oe", "d", "th", "i", "d", "h", "n", "ss", "s"), strict=True,
)))  # fmt: skip
"""Letters that no normal form decomposes, and signs with several forms."""
_AT_ONCE = 1000  # characters that are decomposed together
_LATIN = frozenset({"en", "de", "es", "fr", "pt", "it"})


def is_identifier(term: str) -> bool:
    """Whether a term is an identifier as written, not a word."""
    return bool(_MARKS.search(term))


def words(text: str, language: str) -> list[str]:
    """The index terms of a text in `language`, in order, with repeats."""
    return [_stem(word, language) for word in split_words(text)]


def stopwords(languages: Iterable[str]) -> list[str]:
    """The stop words of these languages, folded and sorted."""
    lists: dict[str, str] = json.loads(_STOPWORDS.read_text("utf-8"))
    return sorted({word for language in languages for word in lists.get(language, "").split()})


def query_words(query: str, languages: Iterable[str]) -> list[str]:
    """The terms of a query to an index whose documents are in `languages`.

    A question is too short to detect its language, so each word is stemmed in
    every language of the documents.
    """
    spoken = tuple(sorted(set(languages))) or ("en",)
    return [stem for word in split_words(query) for stem in stems(word, spoken)]


@lru_cache(1 << 14)  # the words of a question are compared with every sentence
def stems(word: str, languages: tuple[str, ...]) -> tuple[str, ...]:
    """The stems of a folded word in each of the languages, without repeats."""
    return tuple(dict.fromkeys(_stem(word, language) for language in languages or ("en",)))


def split_words(text: str) -> Iterator[str]:
    """The folded words of a text, and its identifiers; pairs of characters in scripts without spaces."""
    for match in _RUN.finditer(fold(searchable(text).text)):
        run = match.group()
        if run.isalnum():
            yield from _spaced(run)
            continue
        for word in _WORD.findall(run):
            yield from _spaced(word)
        for part in _UNSPACED.split(run):
            if identifier := _identifier(part):
                yield identifier


def _spaced(word: str) -> Iterator[str]:
    """A word, with its parts in scripts without spaces as pairs of characters."""
    if word.isascii():
        yield word
        return
    start = 0
    for run in _UNSPACED.finditer(word):
        if run.start() > start:
            yield word[start : run.start()]
        yield from _pairs(run.group())
        start = run.end()
    if start < len(word):
        yield word[start:]


def _identifier(run: str) -> str:
    """The identifier that words joined by marks are; empty if they are only words ("brown-fox", "U.S.", "don't").

    It has a digit, or a mark that joins no ordinary words, or is a flag or paragraph.
    """
    name = "".join(run.removesuffix("'s").split())
    if name.startswith(("-", "§")):
        return name
    name = name.strip("'-.,:/@")
    words = _WORD.findall(name)
    if "'" in name or not is_identifier(name) or not words:
        return ""
    named = any(mark in name for mark in "_@") or any(map(str.isdecimal, name))
    return name if named or ("." in name and any(len(word) > 1 for word in words)) else ""


def fold(text: str) -> str:
    """Folds a text for matching: removes differences of compatibility form, case and accents, and those of "ł" and "l".

    It may have another length than the text, so offsets in it mean nothing.
    """
    if text.isascii():
        return text.lower()
    folded = text.casefold().translate(_PLAIN)
    # In parts: it takes time with the square of the number of accents in a row, and their order doesn't matter here.
    parts = (folded[start : start + _AT_ONCE] for start in range(0, len(folded), _AT_ONCE))
    decomposed = "".join(unicodedata.normalize("NFKD", part) for part in parts)
    return unicodedata.normalize("NFKC", "".join(c for c in decomposed if not unicodedata.combining(c)))


def _pairs(run: str) -> Iterator[str]:
    if len(run) == 1:
        yield run
    for first, second in pairwise(run):
        yield first + second


def _stem(word: str, language: str) -> str:
    """The stem of a word; Cyrillic and Arabic words show their language by script, Latin ones take `language`."""
    first = word[0]
    if not word.isalnum() and is_identifier(word):
        return word
    if "\u0400" <= first <= "\u04ff":
        language = "ru"
    elif "\u0600" <= first <= "\u06ff":
        language = "ar"
    elif not first.isalpha() or first > "\u024f":
        return word
    elif language not in _LATIN:
        language = "en"
    return _stemmer(language)(word)


@lru_cache
def _stemmer(language: str) -> Callable[[str], str]:
    stem: Callable[[str], str] = Stemmer.Stemmer(_SNOWBALL[language]).stemWord
    return stem

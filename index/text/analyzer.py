"""The analyzer: turns text in any script into index terms for BM25.

Scripts with spaces between words yield whole words, folded (NFKC, case, accents) and
stemmed by Snowball. Scripts without spaces yield overlapping pairs of characters.
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

_WORD = re.compile(r"\w+(?:'\w+)*")
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
_AT_ONCE = 1000  # characters that are decomposed together
_LATIN = frozenset({"en", "de", "es", "fr", "pt", "it"})


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
    return [stem for word in split_words(query) for stem in _stems(word, spoken)]


@lru_cache(1 << 14)  # the words of a question are compared with every sentence
def _stems(word: str, languages: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_stem(word, language) for language in languages))


def split_words(text: str) -> Iterator[str]:
    """The folded words of a text; pairs of characters in scripts without spaces."""
    for match in _WORD.finditer(fold(searchable(text).text)):
        word = match.group()
        start = 0
        for run in _UNSPACED.finditer(word):
            if run.start() > start:
                yield word[start : run.start()]
            yield from _pairs(run.group())
            start = run.end()
        if start < len(word):
            yield word[start:]


def fold(text: str) -> str:
    """Folds a text for matching: removes differences of compatibility form, case and accents."""
    if text.isascii():
        return text.lower()
    folded = text.casefold().replace("’", "'")
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

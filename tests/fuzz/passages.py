"""The sentences of any text, and the passages of any document."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from random import Random

from fuzz.mutator import WORDS, mutated_text
from fuzz.seeds import seeds
from fuzz.texts import text
from index.encoder.load import load_encoder
from index.settings import DEFAULT_MODEL
from index.text.passages import passages
from index.text.sentences import sentences
from source import Document, Span
from source.formats.markdown import read_markdown
from source.formats.plain import read_plain

_LANGUAGES = ("en", "ru", "zh", "de", "ar", "ja", "fr", "xx")
_LONGEST = 20_000  # characters


class Sentences:
    """Cuts texts into sentences. The first byte of an input says the language."""

    seconds = 2.0

    def __init__(self, name: str, folder: Path | None) -> None:
        self._seeds = seeds("plain", folder)

    def draw(self, random: Random) -> bytes:
        language = bytes([random.randrange(len(_LANGUAGES))])
        if random.random() < 0.5:
            return language + text(random, random.choice((300, 300, 3000, _LONGEST))).encode("utf-8", "surrogatepass")
        return language + mutated_text(random.choice(self._seeds), random, WORDS["question"], self._seeds)

    def check(self, data: bytes) -> None:
        words = data[1:].decode("utf-8", "replace")
        language = _LANGUAGES[data[0] % len(_LANGUAGES)] if data else "en"
        start = len(words) // 7
        for span in (Span(0, len(words)), Span(start, len(words) - start)):
            check_cover(words, span, list(sentences(words, span, language)))


class Passages:
    """Cuts documents into passages. The first byte says the language, and whether it is Markdown."""

    seconds = 2.0

    def __init__(self, name: str, folder: Path | None) -> None:
        self._seeds = [*seeds("plain", folder), *seeds("markdown", folder)]
        self._encoder = load_encoder(DEFAULT_MODEL)

    def draw(self, random: Random) -> bytes:
        first = bytes([random.randrange(256)])
        if random.random() < 0.5:
            return first + text(random, 3000).encode("utf-8", "surrogatepass")
        words = [*WORDS["plain"], *WORDS["markdown"]]
        return first + mutated_text(random.choice(self._seeds), random, words, self._seeds)

    def check(self, data: bytes) -> None:
        first, words = data[0] if data else 0, data[1:].decode("utf-8", "replace")
        document = (read_markdown if first & 128 else read_plain)(words, id="a")
        drafts = list(passages(document, _LANGUAGES[first % len(_LANGUAGES)], self._encoder, 200))
        found = [span for draft in drafts for span in draft.sentences]
        _check_quotable(document, found)
        most = self._encoder.max_tokens
        for draft in drafts:
            read = draft.context + words[draft.span.start : draft.span.end]
            assert len(self._encoder.pieces([read])[0]) <= most, "a passage is longer than the encoder reads"


def check_cover(text: str, whole: Span, spans: Sequence[Span]) -> None:
    """They lie in order inside `whole`, are trimmed, and only white space is between them."""
    ends = [Span(whole.start, whole.start), *spans, Span(whole.end, whole.end)]
    for before, after in pairwise(ends):
        assert before.end <= after.start, "spans overlap, or are outside"
        assert not text[before.end : after.start].strip(), "something is left out"
    for span in spans:
        words = text[span.start : span.end]
        assert words and words == words.strip(), "a span is empty or not trimmed"


def _check_quotable(document: Document, found: Sequence[Span]) -> None:
    """All that can be quoted is in them, in order; they hold nothing that cannot be."""
    assert all(a.end <= b.start for a, b in pairwise(found)), "sentences overlap"
    inside = iter(found)
    span = next(inside, None)
    for whole in document.quotable():
        own = []
        while span and span.start < whole.end:
            own.append(span)
            span = next(inside, None)
        check_cover(document.text, whole, own)
    assert span is None, "a sentence stands where nothing can be quoted"

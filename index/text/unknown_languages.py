"""Counts the documents in languages that an encoder doesn't know well, which are found by little but their words."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from index.encoder.protocol import Encoder, broken_share, knows
from index.text.language import language_of
from source import Document

_MANY = 10  # one document in so many
_LENGTH = 1000  # characters that are looked at, from a document's middle: many begin with a licence or a menu
SAMPLE, SAMPLE_LENGTH = 256, 1 << 22  # documents, and characters in all of them


class LanguageCount:
    """How many documents there are, and how many of them the encoder doesn't know the language of well."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self.documents = self.unknown = 0

    def add(self, document: Document, language: str) -> None:
        """Counts a document."""
        self.documents += 1
        start = max(0, (len(document.text) - _LENGTH) // 2)
        self.unknown += not self._knows_well(document.text[start : start + _LENGTH], language)

    def _knows_well(self, text: str, language: str) -> bool:
        """Whether most words are whole to the encoder. In English names and codes may be broken as well."""
        return knows(self._encoder, text) and (language == "en" or broken_share(self._encoder, text) == 0)

    def is_high(self, documents: int) -> bool:
        """Whether more than a tenth of so many documents, those that aren't counted included, are unknown."""
        return self.unknown * _MANY > documents

    def __str__(self) -> str:
        return f"{self.unknown:,} of {self.documents:,} documents are in a language that the encoder doesn't know well"

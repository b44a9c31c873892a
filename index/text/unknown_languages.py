"""Counts the documents in languages that an encoder doesn't know well, which are found by little but their words."""

from __future__ import annotations

from index.encoder.protocol import Encoder, broken_share, knows

SAMPLE, SAMPLE_LENGTH = 256, 1 << 22
"""The documents by which the encoder of an index is chosen, and the characters in all of them, at most."""
_MANY = 10  # one document in so many


class LanguageCount:
    """How many documents there are, and in how many the encoder doesn't know the language well."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self.documents = self.unknown = 0

    def add(self, text: str, language: str) -> None:
        """Counts a document with this text."""
        self.documents += 1
        self.unknown += not self._knows_well(text, language)

    def _knows_well(self, text: str, language: str) -> bool:
        """Whether nearly all words are whole to the encoder; in English, names and codes may be broken, too."""
        return knows(self._encoder, text) and (language == "en" or broken_share(self._encoder, text) == 0)

    def is_high(self, documents: int) -> bool:
        """Whether the unknown ones are more than a tenth of so many documents."""
        return self.unknown * _MANY > documents

    def __str__(self) -> str:
        counts = f"{self.unknown:,} of the {self.documents:,} documents read"
        return f"{counts} are in a language that the encoder doesn't know well"

"""Limits on what a file may turn into, whatever its format.

A document is kept in memory whole while it is indexed and whenever it is read, so its size
must be in proportion to its file's: a small file that refers to one part many times must not
become a book.
"""

from __future__ import annotations

from source.document import Document
from source.errors import TooLarge
from source.untrusted_text import isolated

MOST_PARAGRAPHS = 5_000_000  # 8 bytes each, and 24 more for each of their sentences
MOST_MARKS = 500_000
"""Headings, and marked regions, that a document may have; some 200 bytes each."""
MOST_GROWTH = 30
"""Characters of text that a file may give for each of its bytes; packed text gives 4 to 20."""
GROWTH_COUNTS_FROM = 1_000_000
"""Characters: a shorter text may be packed as tightly as it likes. An index takes 50 to 400 bytes for each."""


def check_growth(characters: int, size: int, shown_as: str) -> None:
    """Raises TooLarge if a text is far longer than its file of `size` bytes can honestly contain."""
    most = max(MOST_GROWTH * size, GROWTH_COUNTS_FROM)
    if characters > most:
        raise TooLarge(
            f"{isolated(shown_as)} is too large: its {size:,} bytes give more than {most:,} characters. Exclude it."
        )


def check_amounts(document: Document, size: int, shown_as: str) -> None:
    """Raises TooLarge if a document has too much text for a file of `size` bytes, or too many paragraphs or marks."""
    check_growth(len(document.text), size, shown_as)
    places = document.places
    for count, most, what in (
        (len(places.paragraphs), MOST_PARAGRAPHS, "paragraphs"),
        (max(len(places.headings), len(places.pages)), MOST_MARKS, "headings or pages"),
        (len(document.regions), MOST_MARKS, "headings, rules or other marks"),
    ):
        if count > most:
            raise TooLarge(f"{isolated(shown_as)} has too many {what} ({count:,}; the limit is {most:,}). Split it.")

"""What may be asked: text in words, in Unicode, and not too long."""

from __future__ import annotations

from collections.abc import Sequence

from source import UsageError, is_unicode

MAX_QUESTION = 2000
"""Characters; a longer question is refused."""
_REMEMBERED = 8  # earlier questions that a follow-up may lean on


def remembered(history: Sequence[str]) -> list[str]:
    """The earlier questions that a follow-up may lean on; what could not be asked is passed over."""
    may = [text for text in history if _says_something(text) and is_unicode(text) and len(text) <= MAX_QUESTION]
    return may[-_REMEMBERED:]


def _says_something(text: str) -> bool:
    return any(char.isalnum() for char in text)


def checked(question: str) -> str:
    """The question without the white space around it. Raises UsageError for one that cannot be asked."""
    text = question.strip()
    if not _says_something(text):
        raise UsageError("The question is empty; write what you want to know in words.")
    if len(text) > MAX_QUESTION:
        raise UsageError(f"The question has {len(text):,} characters; ask in {MAX_QUESTION:,} at most.")
    if not is_unicode(text):
        raise UsageError("The question holds half of a character; write it in UTF-8.")
    return text
